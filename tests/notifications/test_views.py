import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import shield
from accounts.models import User
from leagues.membership import leave_league
from notifications.context import unread
from notifications.models import Notification
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, UserFactory

pytestmark = pytest.mark.django_db

LIST = "/notifications/"


@pytest.fixture
def user(client: Client) -> User:
    user = UserFactory()
    client.force_login(user)
    return user


def told(user: User, now: datetime, *titles: str, **values: object) -> list[Notification]:
    """One notification per title, a minute apart."""
    return [
        Notification.objects.create(
            user=user,
            title=title,
            message=f"About {title}",
            link="/leagues/",
            dedupe_key=title,
            created_at=now + timedelta(minutes=minute),
            **({"type": Notification.Type.LEAGUE} | values),
        )
        for minute, title in enumerate(titles)
    ]


def titles(response: HttpResponse) -> list[str]:
    return re.findall(r'class="card__link"[^>]*>([^<]+)</a>', response.content.decode())


def test_the_list_is_ones_own_latest_first(client: Client, user: User, now: datetime) -> None:
    told(user, now, "first", "second")
    told(UserFactory(), now, "not mine")

    response = client.get(LIST)

    assert titles(response) == ["second", "first"]
    assert "About second" in response.content.decode()


def test_the_list_needs_an_account(client: Client) -> None:
    assert client.get(LIST).url == f"{reverse('accounts:login')}?next=/notifications/"  # type: ignore[attr-defined]


def test_an_empty_list_says_what_it_is_for(client: Client, user: User) -> None:
    assert "Nothing yet" in client.get(LIST).content.decode()
    assert "Nothing unread" in client.get(LIST, {"unread": "1"}).content.decode()


@pytest.mark.parametrize("kind", Notification.Type.values)
def test_every_type_has_an_icon(client: Client, user: User, now: datetime, kind: str) -> None:
    [news] = told(user, now, "news")
    Notification.objects.filter(pk=news.pk).update(type=kind)

    assert re.search(r'class="news__icon">\s*<svg', client.get(LIST).content.decode())


def test_the_unread_can_be_looked_at_alone(client: Client, user: User, now: datetime) -> None:
    told(user, now, "old", is_read=True)
    told(user, now, "new")

    assert titles(client.get(LIST, {"unread": "1"})) == ["new"]


def test_the_list_has_pages(client: Client, user: User, now: datetime) -> None:
    told(user, now, *[f"news {number}" for number in range(26)])

    assert len(titles(client.get(LIST))) == 25
    assert titles(client.get(LIST, {"page": "2"})) == ["news 0"]


def test_htmx_gets_the_list_and_the_bell_alone(client: Client, user: User, now: datetime) -> None:
    told(user, now, "news")

    part = client.get(LIST, headers={"HX-Request": "true"})

    content = part.content.decode()
    assert titles(part) == ["news"]
    assert "<html" not in content
    assert content.count('id="bell"') == 1
    assert 'hx-swap-oob="true" aria-label="Notifications: 1 unread"' in content
    assert "HX-Request" in part["Vary"]


def test_following_one_marks_it_read(client: Client, user: User, now: datetime) -> None:
    [news] = told(user, now, "news")

    response = client.get(f"{LIST}{news.pk}/")

    news.refresh_from_db()
    assert (response.status_code, response["Location"], news.is_read) == (302, "/leagues/", True)


def test_one_without_a_page_leads_back_to_the_list(client: Client, user: User, now: datetime) -> None:
    [news] = told(user, now, "news")
    Notification.objects.update(link="")

    assert client.get(f"{LIST}{news.pk}/")["Location"] == LIST


def test_reading_one_keeps_filter_and_page(client: Client, user: User, now: datetime) -> None:
    one, two = told(user, now, "one", "two")

    response = client.post(f"{LIST}{one.pk}/read/?unread=1&page=1")

    assert response["Location"] == f"{LIST}?unread=1&page=1"
    assert titles(client.get(response["Location"])) == ["two"]
    assert client.post(f"{LIST}{two.pk}/read/")["Location"] == LIST


def test_reading_all(client: Client, user: User, now: datetime) -> None:
    told(user, now, "one", "two")
    told(UserFactory(), now, "not mine")

    assert client.post(f"{LIST}read/")["Location"] == LIST

    assert list(Notification.objects.filter(is_read=False).values_list("title", flat=True)) == ["not mine"]


def test_reading_all_leaves_what_came_after_the_page(client: Client, user: User, now: datetime) -> None:
    told(user, now, "seen", "seen, too")
    page = client.get(LIST).content.decode()
    told(user, now, "came meanwhile")
    form = dict(re.findall(r'name="(newest)" value="(\d+)"', page))

    client.post(f"{LIST}read/", form)

    assert list(Notification.objects.filter(is_read=False).values_list("title", flat=True)) == ["came meanwhile"]
    assert client.post(f"{LIST}read/", {"newest": "9" * 30}).status_code == 302
    assert not Notification.objects.filter(is_read=False).exists()


def test_what_leads_to_a_league_that_one_left_says_so(client: Client, user: User, now: datetime) -> None:
    team = ConstructorFactory(user=user, league__is_private=True)
    [news] = told(user, now, "news")
    room = f"/leagues/{team.league_id}/drafts/1/"
    Notification.objects.update(link=room)
    assert client.get(f"{LIST}{news.pk}/")["Location"] == room

    leave_league(league_id=team.league_id, user=user, now=now)
    page = client.get(f"{LIST}{news.pk}/", follow=True)

    assert (page.status_code, page.redirect_chain) == (200, [(LIST, 302)])  # type: ignore[attr-defined]
    assert "You cannot see the page of that league any more." in page.content.decode()


def test_what_is_not_ones_own_is_not_found(client: Client, user: User, now: datetime) -> None:
    [news] = told(UserFactory(), now, "not mine")

    assert client.get(f"{LIST}{news.pk}/").status_code == 404
    assert client.post(f"{LIST}{news.pk}/read/").status_code == 404
    assert Notification.objects.filter(is_read=False).count() == 1


def test_reading_takes_a_post(client: Client, user: User, now: datetime) -> None:
    [news] = told(user, now, "news")

    assert client.get(f"{LIST}{news.pk}/read/")["Location"] == LIST
    assert client.get(f"{LIST}read/")["Location"] == LIST


def test_what_is_found_is_narrowed_by_type_and_league_with_counts(client: Client, user: User, now: datetime) -> None:
    league = LeagueFactory(name="Paddock")
    told(user, now, "turn", "read turn", type=Notification.Type.PICK_TURN, league=league)
    told(user, now, "news")
    Notification.objects.filter(title="read turn").update(is_read=True)

    content = client.get(LIST).content.decode()

    assert "Your turn (2)" in content
    assert "League news (1)" in content
    assert "Paddock (2)" in content
    assert titles(client.get(LIST, {"type": "pick_turn"})) == ["read turn", "turn"]
    assert titles(client.get(LIST, {"league": str(league.pk), "unread": "1"})) == ["turn"]
    assert "Your turn (1)" in client.get(LIST, {"unread": "1"}).content.decode()
    assert "Nothing of that kind" in client.get(LIST, {"type": "league", "league": str(league.pk)}).content.decode()
    assert len(titles(client.get(LIST, {"type": "nonsense", "league": "x"}))) == 3


def test_filters_stay_when_one_looks_at_the_unread(client: Client, user: User, now: datetime) -> None:
    told(user, now, "news")
    told(user, now, "turn", type=Notification.Type.PICK_TURN)

    content = client.get(LIST, {"type": "pick_turn", "unread": "1", "page": "1"}).content.decode()

    assert 'href="/notifications/?type=pick_turn"' in content
    assert 'href="/notifications/?type=pick_turn&amp;unread=1" aria-current="page"' in content
    assert '<input type="hidden" name="unread" value="1">' in content


def test_the_list_gives_no_result_away_behind_a_shield(client: Client, user: User, now: datetime) -> None:
    race = RaceFactory(name="Moon Grand Prix")
    told(user, now, "Moon Grand Prix: 25 points", race=race)
    shield.raise_shield(user=user, now=race.starts_at)
    covered = client.get(LIST)
    shield.reveal(user=user, until=race.starts_at, now=race.starts_at)

    assert titles(covered) == ["Moon Grand Prix: the points are in"]
    assert "25 points" not in covered.content.decode()
    assert titles(client.get(LIST)) == ["Moon Grand Prix: 25 points"]


def test_the_list_costs_the_same_for_one_and_for_three(client: Client, user: User, now: datetime) -> None:
    told(user, now, "one")
    client.get(LIST)

    with CaptureQueriesContext(connection) as of_one:
        client.get(LIST)
    told(user, now, "two", "three")
    with CaptureQueriesContext(connection) as of_three:
        client.get(LIST)

    assert len(of_one) == len(of_three)


# The bell of every page -------------------------------------------------------------------------


def bell(page: HttpResponse) -> str:
    found = re.search(r'aria-label="(Notifications[^"]*)"', page.content.decode())
    assert found
    return found[1]


def test_the_bell_counts_the_unread(client: Client, user: User, now: datetime) -> None:
    assert bell(client.get("/rules/")) == "Notifications"

    told(user, now, "one", "two")
    told(user, now, "read", is_read=True)

    assert bell(client.get("/rules/")) == "Notifications: 2 unread"


def test_the_bell_stops_counting_at_99(user: User) -> None:
    template = Template('{% include "notifications/_bell.html" %}')

    assert ">99+</span>" in template.render(Context({"unread_count": 100}))
    assert ">99</span>" in template.render(Context({"unread_count": 99}))


def test_visitors_have_no_bell_and_pay_nothing(client: Client) -> None:
    request = RequestFactory().get("/")

    assert unread(request) == {}
    assert 'id="bell"' not in client.get("/rules/").content.decode()


def test_unread_are_counted_once_and_only_where_they_are_shown(user: User, now: datetime) -> None:
    told(user, now, "news")
    request = RequestFactory().get("/")
    request.user = user

    with CaptureQueriesContext(connection) as queries:
        context = unread(request)
        assert len(queries) == 0
        assert Template("{{ unread_count }}{{ unread_count }}").render(Context(context)) == "11"

    assert len(queries) == 1
