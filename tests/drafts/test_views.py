import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from drafts import control, lifecycle, queues
from drafts.models import Autopilot, Draft, Pick
from drafts.picks import make_pick, set_autopilot
from leagues.models import Constructor, League
from races.models import Driver, Race, RaceResult
from scoring.scores import score_race
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, UserFactory, give_result

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _today(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


def address(league: League, race: Race, name: str = "room") -> str:
    return reverse(f"drafts:{name}", args=[league.pk, race.pk])


def room(draft: Draft, name: str = "room") -> str:
    return address(draft.league, draft.race, name)


def text(html: str) -> str:
    """What a person reads, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def read(client: Client, url: str, **headers: str) -> str:
    response = client.get(url, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def buttons(html: str) -> list[int]:
    """The drivers that can be chosen on the page."""
    return [int(pk) for pk in re.findall(r'name="driver" value="(\d+)" aria-label', html)]


def notice(html: str) -> str:
    """What the room says on top."""
    return text("<" + html.split('id="notice"')[1].split('<div id="controls"')[0])


def announced(html: str) -> str:
    """What screen readers hear of a part of the room that is swapped in."""
    return text(html.split('hx-swap-oob="innerHTML:#announce">')[1])


def pick_all(draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime) -> None:
    for team, driver in zip([*teams, *reversed(teams)], drivers, strict=False):
        make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=now)


# Who sees what ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["room", "proof", "list"])
def test_a_private_league_does_not_exist_for_strangers(
    client: Client, draft: Draft, teams: list[Constructor], name: str
) -> None:
    League.objects.update(is_private=True)
    url = reverse("drafts:list", args=[draft.league_id]) if name == "list" else room(draft, name)

    statuses = []
    for user in (None, UserFactory(), teams[0].user, draft.league.creator):
        client.logout()
        if user:
            client.force_login(user)
        statuses.append(client.get(url).status_code)

    assert statuses == [404, 404, 200, 200]


def test_a_public_room_is_open_to_visitors_without_anything_to_press(client: Client, draft: Draft) -> None:
    html = read(client, room(draft))

    assert buttons(html) == []
    assert 'method="post"' not in html
    assert "is on the clock" in html


def test_a_race_of_another_season_has_no_room(client: Client, league: League) -> None:
    other = RaceFactory(season__year=2025)

    assert client.get(address(league, other)).status_code == 404


@pytest.mark.parametrize("name", ["pick", "set_order", "initialize", "autopilot", "clock"])
def test_visitors_are_asked_to_log_in_before_they_act(client: Client, draft: Draft, name: str) -> None:
    url = room(draft, name)

    response = client.post(url)

    assert response.status_code == 302
    assert response["Location"] == f"{reverse('accounts:login')}?next={url}"


@pytest.mark.parametrize("name", ["pick", "set_order", "initialize", "autopilot"])
def test_actions_are_posts_and_a_visit_leads_to_the_room(client: Client, draft: Draft, name: str) -> None:
    client.force_login(draft.league.creator)

    assert client.get(room(draft, name))["Location"] == room(draft)
    assert client.put(room(draft, name)).status_code == 405


# Before the opening -----------------------------------------------------------------------------


def test_a_room_without_a_draft_lets_a_manager_open_it(
    client: Client, league: League, race: Race, manager: User
) -> None:
    client.force_login(manager)
    url = address(league, race)

    before = read(client, url)
    response = client.post(address(league, race, "initialize"))

    assert "The draft is not open yet" in before
    assert "Open the draft" in before
    assert response.status_code == 302
    assert response["Location"] == url
    assert Draft.objects.get().status == "open"


def test_opening_a_draft_before_its_time_is_asked_about(
    client: Client, league: League, race: Race, manager: User, now: datetime
) -> None:
    client.force_login(manager)
    url = address(league, race)

    due = read(client, url)
    Race.objects.filter(pk=race.pk).update(starts_at=now + timedelta(days=9), qualifying_at=now + timedelta(days=8))
    early = read(client, url)

    opening = f'action="{address(league, race, "initialize")}"'
    forms = [html.split(opening)[1].split("</form>")[0] for html in (due, early)]
    assert ["data-confirm" in form for form in forms] == [False, True]
    assert "By itself it opens Sunday 26 July, 09:00." in forms[1]
    assert ["button--on-carbon" in form for form in forms] == [False, True]


def test_a_player_cannot_open_the_draft(client: Client, league: League, race: Race) -> None:
    client.force_login(league.constructors.first().user)  # type: ignore[union-attr]

    page = read(client, address(league, race))
    response = client.post(address(league, race, "initialize"))

    assert "Open the draft" not in page
    assert response.status_code == 403
    assert "Only a manager of the league may do this." in response.content.decode()
    assert not Draft.objects.exists()


def test_opening_a_draft_that_cannot_be_opened_says_why(
    client: Client, league: League, race: Race, manager: User
) -> None:
    race.entries.all().delete()
    client.force_login(manager)

    response = client.post(address(league, race, "initialize"), headers=HTMX)

    html = response.content.decode()
    assert response.status_code == 409
    assert "The entry list of this race is not known yet." in html
    assert "No entry list yet" in html


def test_a_scheduled_random_draft_shows_the_commitment_and_keeps_the_seed(
    client: Client, league: League, race: Race, now: datetime
) -> None:
    draft = lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now)

    html = read(client, room(draft))

    assert draft.order_commitment in html
    assert draft.order_seed not in html
    assert "draft-board" not in html


def test_a_scheduled_rotation_shows_its_order(
    client: Client, draft: Draft, teams: list[Constructor], now: datetime
) -> None:
    following = RaceFactory(season=draft.race.season, starts_at=now + timedelta(days=11), entries=22)
    next_draft = lifecycle.schedule_draft(league_id=draft.league_id, race_id=following.pk, now=now)

    html = read(client, room(next_draft))

    names = [team.team_name for team in [*teams[1:], teams[0]]]
    order = html.split('aria-label="Order"')[1].split("</ol>")[0]
    assert re.findall(r"Constructor \d+", order) == names


def test_a_draft_whose_time_has_come_names_no_moment_in_the_past(
    client: Client, league: League, race: Race, manager: User, now: datetime
) -> None:
    """A league that is founded in the days of a draft waits for the others, and for the clockwork that comes by."""
    client.force_login(manager)

    bare = text(read(client, address(league, race)))
    lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now - timedelta(days=2))
    scheduled = text(read(client, address(league, race)))
    league.constructors.exclude(pk=league.constructors.first().pk).update(is_active=False)  # type: ignore[union-attr]
    alone = text(read(client, address(league, race)))
    late = text(read(client, address(league, RaceFactory(season=race.season, starts_at=now, qualifying_at=now))))

    assert "Not scheduled yet" in bare
    assert "It opens by itself a day after the first team joined" in bare
    assert "The draft opens any minute" in scheduled
    assert "Opens any minute" in scheduled
    assert "The draft opens once two teams play" in alone
    assert "Waits for a second team" in alone
    assert "The picks for this race are locked." in late
    assert "Opens" not in late


@pytest.mark.parametrize(
    ("status", "heading"), [("cancelled", "This race is cancelled"), ("finished", "This race was not drafted")]
)
def test_a_race_that_is_over_says_that_it_is_not_drafted(
    client: Client, league: League, race: Race, manager: User, status: str, heading: str
) -> None:
    Race.objects.filter(pk=race.pk).update(status=status)
    client.force_login(manager)

    html = read(client, address(league, race))

    assert heading in html
    assert "Opens" not in text(html)


# Picking ----------------------------------------------------------------------------------------


def test_the_player_on_the_clock_may_draft_every_free_driver(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    client.force_login(teams[0].user)

    html = read(client, room(draft))

    assert "You are on the clock" in html
    assert buttons(html) == [driver.pk for driver in drivers]
    assert "every 10s" in html


def test_the_others_see_when_their_turn_comes(client: Client, draft: Draft, teams: list[Constructor]) -> None:
    seen = []
    for team in teams[1:]:
        client.force_login(team.user)
        html = read(client, room(draft))
        seen.append((re.findall(r"You pick (?:next|in \d)(?=<)", html), buttons(html)))

    assert seen == [(["You pick next"], []), (["You pick in 2"], [])]


def test_choosing_a_driver_asks_for_confirmation_and_news_ask_again(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    client.force_login(teams[0].user)

    html = read(client, f"{room(draft)}?driver={drivers[4].pk}&q=driver")

    assert f"Draft {drivers[4].name} ?" in text(html).replace("?", " ?").replace("  ", " ")
    assert f'<input type="hidden" name="driver" value="{drivers[4].pk}">' in html
    assert f'<input type="hidden" name="constructor" value="{teams[0].pk}">' in html
    assert f'href="{room(draft)}?from={drivers[4].pk}&amp;q=driver"' in html
    assert f'"driver": "{drivers[4].pk}"' in html.split("hx-vals=")[1].split(">")[0]


def test_news_keep_what_is_being_confirmed_until_it_cannot_be(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    client.force_login(teams[0].user)
    url = f"{room(draft)}?driver={drivers[4].pk}&seen=1"

    still = read(client, url, **HTMX)
    control.pause_draft(draft_id=draft.pk, actor=manager, now=now)
    not_now = read(client, url, **HTMX)

    assert (f"Draft {drivers[4].name}?" in text(still), "autofocus" in still, 'id="notice"' in still) == (
        True,
        False,
        False,
    )
    assert 'id="confirm"' not in not_now
    assert "This draft is not open for picks." in notice(not_now)


@pytest.mark.parametrize("driver", ["0", "none", "999999999", "%C2%B2", "9" * 30, "9" * 5000])
def test_choosing_nobody_shows_the_room(client: Client, draft: Draft, teams: list[Constructor], driver: str) -> None:
    client.force_login(teams[0].user)

    assert "confirm-bar" not in read(client, f"{room(draft)}?driver={driver}")


def test_nobody_is_asked_to_confirm_out_of_turn_or_a_taken_driver(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)

    client.force_login(teams[0].user)
    out_of_turn = read(client, f"{room(draft)}?driver={drivers[1].pk}")
    client.force_login(teams[1].user)
    taken = read(client, f"{room(draft)}?driver={drivers[0].pk}")

    assert "confirm-bar" not in out_of_turn
    assert "confirm-bar" not in taken
    assert f"You cannot pick now: {teams[1]} is on the clock." in notice(out_of_turn)
    assert f"{drivers[0]} was drafted by {teams[0]} with pick 1." in notice(taken)


def test_nobody_is_asked_to_confirm_when_the_time_is_up(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    client.force_login(teams[0].user)
    with time_machine.travel(draft.locks_at, tick=False):
        html = read(client, f"{room(draft)}?driver={drivers[0].pk}")

    assert "confirm-bar" not in html
    assert "This draft is not open for picks." in notice(html)


def test_whoever_cancels_is_back_at_the_driver(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    client.force_login(teams[0].user)

    html = read(client, f"{room(draft)}?from={drivers[4].pk}", **HTMX)

    assert re.findall(r'id="draft-(\d+)"[^>]* autofocus', html) == [str(drivers[4].pk)]
    assert notice(html) == ""


def test_a_pick_goes_back_to_the_room_and_twice_is_once(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    client.force_login(teams[0].user)
    data = {"driver": drivers[2].pk, "constructor": teams[0].pk}

    responses = [client.post(room(draft, "pick"), data) for _ in range(2)]

    assert [(response.status_code, response["Location"]) for response in responses] == [(302, room(draft))] * 2
    assert list(Pick.objects.values_list("constructor", "driver", "source")) == [(teams[0].pk, drivers[2].pk, "player")]


def test_a_pick_without_scripts_keeps_the_list_as_it_was(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    client.force_login(teams[0].user)

    page = read(client, f"{room(draft)}?driver={drivers[2].pk}&sort=name")
    form = page.split('id="confirm"')[1].split("</form>")[0]
    sent = {"driver": drivers[2].pk, "constructor": teams[0].pk, "sort": "name"}

    assert '<input type="hidden" name="sort" value="name">' in form
    assert client.post(room(draft, "pick"), sent)["Location"] == f"{room(draft)}?sort=name"


def test_a_pick_by_htmx_answers_with_the_fresh_room(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    client.force_login(teams[0].user)
    data = {"driver": drivers[2].pk, "constructor": teams[0].pk}

    response = client.post(room(draft, "pick"), data, headers=HTMX)

    html = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in html
    assert f"{teams[0].team_name} drafted {drivers[2].name} with pick 1." in html
    assert f"You drafted {drivers[2].name}." in notice(html)
    assert announced(html) == f"You drafted {drivers[2].name}. You pick in 4."
    assert "Your picks are made" not in html
    assert "is-taken" in html


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_refused_pick_shows_why_and_the_fresh_room(
    client: Client,
    draft: Draft,
    teams: list[Constructor],
    drivers: list[Driver],
    now: datetime,
    headers: dict[str, str],
) -> None:
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    client.force_login(teams[1].user)
    data = {"driver": drivers[0].pk, "constructor": teams[1].pk}

    response = client.post(room(draft, "pick"), data, headers=headers)

    html = response.content.decode()
    assert response.status_code == 409
    assert 'data-code="driver_taken"' in html
    assert f"{drivers[0]} was drafted by {teams[0]} with pick 1." in html
    assert "You are on the clock" in html
    assert ("<html" in html) is not bool(headers)


def test_a_pick_for_somebody_else_is_not_allowed(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    client.force_login(teams[1].user)
    data = {"driver": drivers[0].pk, "constructor": teams[0].pk}

    response = client.post(room(draft, "pick"), data)

    assert response.status_code == 403
    assert not Pick.objects.exists()


def test_a_pick_needs_a_driver_and_a_team_of_the_league(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    stranger = ConstructorFactory()
    client.force_login(teams[0].user)

    statuses = [
        client.post(room(draft, "pick"), data).status_code
        for data in (
            {},
            {"driver": "x", "constructor": teams[0].pk},
            {"driver": drivers[0].pk, "constructor": stranger.pk},
        )
    ]

    assert statuses == [400, 400, 400]


def test_a_pick_without_a_draft_is_not_found(client: Client, league: League, race: Race, drivers: list[Driver]) -> None:
    client.force_login(league.creator)

    assert client.post(address(league, race, "pick"), {"driver": drivers[0].pk}).status_code == 404


def test_a_manager_picks_for_a_team_on_purpose_only(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User
) -> None:
    client.force_login(manager)
    chosen = f"{room(draft)}?for={teams[0].pk}"

    at_first, then = read(client, room(draft)), read(client, chosen)
    asked = read(client, f"{chosen}&driver={drivers[0].pk}")
    choice = {"driver": drivers[0].pk, "constructor": teams[0].pk}
    silent = client.post(room(draft, "pick"), choice)
    client.post(room(draft, "pick"), {**choice, "reason": "On the phone."})
    afterwards = read(client, chosen)

    assert (silent.status_code, f"Say why you pick for {teams[0]}." in silent.content.decode()) == (400, True)
    assert 'name="reason" maxlength="200" required' in asked
    assert f"Pick for {teams[0].team_name}" in at_first
    assert (len(buttons(at_first)), len(buttons(then)), len(buttons(afterwards))) == (0, 22, 0)
    assert f"Draft {drivers[0].name} for {teams[0].team_name}?" in text(asked)
    assert (
        f"{manager.display_name} picked {drivers[0].name} for {teams[0].team_name} with pick 1: On the phone."
        in text(afterwards)
    )
    assert (Pick.objects.get().source, Pick.objects.get().reason) == ("manager", "On the phone.")


def test_a_manager_lets_the_autopick_take_the_turn(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User
) -> None:
    client.force_login(manager)
    url, data = room(draft, "autopick_for"), {"pick_number": 1, "reason": "Asleep"}

    page = read(client, room(draft))
    silent = client.post(url, {"pick_number": 1})
    said = [told(client, draft, "autopick_for", **data) for _ in range(2)]
    client.force_login(teams[1].user)
    refused = client.post(url, {**data, "pick_number": 2})

    assert f"Let the autopick pick for {teams[0].team_name}" in page
    assert "Let the autopick pick for" not in read(client, room(draft))
    assert (silent.status_code, refused.status_code) == (400, 403)
    assert [line.rstrip(" >") for line in said] == ["The autopick made pick 1."] * 2
    assert draft.picks.get().reason == "A manager let it pick (Asleep). Best free driver by price (30.0 M)"


# The list of drivers ----------------------------------------------------------------------------


def names(html: str) -> list[str]:
    return re.findall(r"<b>(Driver \d+)</b></a>", html)


def test_drivers_are_listed_by_price_and_can_be_filtered(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    team = draft.race.entries.get(driver=drivers[5]).team
    family = [driver.family_name for driver in drivers]

    listed = {
        query: names(read(client, f"{room(draft)}?{query}", **HTMX))
        for query in ("", "free=on", f"team={team.pk}", f"q={family[7].upper()}$", "sort=name", "sort=nonsense")
    }

    assert listed == {
        "": family,
        "free=on": family[1:],
        f"team={team.pk}": family[4:6],
        f"q={family[7].upper()}$": [],
        "sort=name": sorted(family),
        "sort=nonsense": family,
    }


def test_drivers_can_be_sorted_by_their_teams(client: Client, draft: Draft, drivers: list[Driver]) -> None:
    first = draft.race.entries.get(driver=drivers[21]).team
    first.name = "AAA"
    first.save()

    assert names(read(client, f"{room(draft)}?sort=team"))[:2] == [driver.family_name for driver in drivers[20:]]


def test_drivers_are_found_by_name_and_sorted_by_points_and_form(
    client: Client, draft: Draft, drivers: list[Driver]
) -> None:
    before = RaceFactory(season=draft.race.season, starts_at=draft.race.starts_at - timedelta(days=14))
    give_result(before, [drivers[9], drivers[3], drivers[10]])
    for driver, points in ((drivers[9], 25), (drivers[3], 18)):
        RaceResult.objects.filter(driver=driver).update(points=points)
    drivers[6].given_name = "Ayrton"
    drivers[6].save()

    by_points, by_form = (names(read(client, f"{room(draft)}?sort={key}")) for key in ("points", "form"))
    found = names(read(client, f"{room(draft)}?q=ayrton"))

    best = [drivers[place].family_name for place in (9, 3)]
    assert (by_points[:2], by_form[:2]) == (best, best)
    assert found == [drivers[6].family_name]


def test_a_filter_without_a_hit_says_so(client: Client, draft: Draft) -> None:
    assert "No driver like that" in read(client, f"{room(draft)}?q=nobody")


def test_a_waiting_page_gets_nothing_until_something_happens(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    seen = f"{room(draft)}?seen={Draft.objects.get().version}"

    before = client.get(seen, headers=HTMX)
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    after = client.get(seen, headers=HTMX)

    assert (before.status_code, before.content, after.status_code) == (204, b"", 200)


def test_news_tell_what_happened_since_but_no_more_than_three_things(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    seen = Draft.objects.get().version
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    make_pick(draft_id=draft.pk, constructor=teams[1], driver=drivers[1], actor=teams[1].user, now=now)

    two = announced(read(client, f"{room(draft)}?seen={seen}", **HTMX))
    all_of_it = announced(read(client, f"{room(draft)}?seen=1", **HTMX))
    latest = announced(read(client, f"{room(draft)}?seen=", **HTMX))

    lines = [f"{teams[place]} drafted {drivers[place]} with pick {place + 1}." for place in (0, 1)]
    assert two == " ".join(lines)
    assert all_of_it == f"{manager.display_name} opened the draft. {teams[0]} picks first. {' '.join(lines)}"
    assert latest == lines[1]


# The order by hand ------------------------------------------------------------------------------


def places(teams: list[Constructor]) -> dict[str, int]:
    return {f"place_{team.pk}": place for place, team in enumerate(teams, start=1)}


def test_a_manager_sets_the_order_by_hand(
    client: Client, draft: Draft, teams: list[Constructor], manager: User
) -> None:
    client.force_login(manager)
    wanted = [teams[2], teams[0], teams[1]]

    page = read(client, room(draft))
    response = client.post(room(draft, "set_order"), places(wanted))

    draft.refresh_from_db()
    assert "Set the order by hand" in page
    assert response["Location"] == room(draft)
    assert draft.order_data == [team.pk for team in wanted]
    assert draft.is_manual
    assert f"{manager.display_name} set the order by hand" in read(client, room(draft))


def test_two_teams_cannot_share_a_place(client: Client, draft: Draft, teams: list[Constructor], manager: User) -> None:
    client.force_login(manager)

    shared = client.post(room(draft, "set_order"), {**places(teams), f"place_{teams[2].pk}": 1})
    missing = client.post(room(draft, "set_order"), {f"place_{teams[0].pk}": 4}, headers=HTMX)

    draft.refresh_from_db()
    assert (shared.status_code, missing.status_code) == (422, 422)
    assert "two of them share one" in shared.content.decode()
    assert "This field is required." in missing.content.decode()
    assert not draft.is_manual


def test_a_random_order_can_be_set_by_hand_before_it_is_drawn(
    client: Client, league: League, race: Race, manager: User, now: datetime
) -> None:
    draft = lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now)
    teams = list(league.constructors.order_by("-pk"))
    client.force_login(manager)

    client.post(room(draft, "set_order"), places(teams))

    draft.refresh_from_db()
    assert draft.order_data == [team.pk for team in teams]


def test_the_order_stands_from_the_first_pick_on(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    client.force_login(manager)

    response = client.post(room(draft, "set_order"), places(teams))

    html = response.content.decode()
    assert response.status_code == 409
    assert 'data-code="order_fixed"' in html
    assert "Set the order by hand" not in html


def test_a_player_cannot_set_the_order(client: Client, draft: Draft, teams: list[Constructor]) -> None:
    client.force_login(teams[2].user)

    response = client.post(room(draft, "set_order"), places(teams[::-1]))

    assert response.status_code == 403
    assert "Set the order by hand" not in response.content.decode()


def test_every_action_says_what_it_did(
    client: Client, league: League, race: Race, manager: User, drivers: list[Driver]
) -> None:
    """By HTMX in the room itself, else in a message of the next page."""
    client.force_login(manager)
    said = []

    def act(name: str, **data: object) -> None:
        said.append(notice(client.post(address(league, race, name), data, headers=HTMX).content.decode()))

    act("initialize")
    first = Constructor.objects.get(pk=Draft.objects.get().order_data[0])
    act("set_order", **places([first, *league.constructors.exclude(pk=first.pk)]))
    act("pick", driver=drivers[0].pk, constructor=first.pk, reason="On the phone")
    client.force_login(first.user)
    act("autopilot", mode="draft")
    act("autopilot", mode="off")
    after = client.post(address(league, race, "autopilot"), {"mode": "always"}, follow=True)

    assert [line.rstrip(" >") for line in said] == [
        "The draft is open.",
        "The order is set.",
        f"You drafted {drivers[0].name} for {first.team_name}.",
        "Autopick is on.",
        "Autopick is off.",
    ]
    assert [str(message) for message in after.context["messages"]] == ["Autopick is on."]


def test_filtering_the_drivers_is_not_announced_as_news(client: Client, draft: Draft) -> None:
    html = read(client, f"{room(draft)}?q=nobody", **HTMX, **{"HX-Target": "driver-rows"})

    assert "announce" not in html


# Autopick ---------------------------------------------------------------------------------------


def test_a_player_switches_autopick_on_and_off(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    client.force_login(teams[1].user)

    shown = []
    for mode in ("pick", "draft", "always", "off"):
        client.post(room(draft, "autopilot"), {"mode": mode, "pick_number": 2})
        html = read(client, room(draft))
        checked = re.findall(r'name="mode" value="(\w+)"[^>]*checked', html)
        shown.append((Autopilot.objects.count(), "Autopick is on." in html, checked))

    assert shown == [(1, True, ["pick"]), (1, True, ["draft"]), (1, True, ["always"]), (0, False, ["off"])]
    assert client.post(room(draft, "autopilot"), {"mode": "on"}).status_code == 400


def test_autopick_on_the_clock_picks_at_once(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    client.force_login(teams[0].user)

    warning = read(client, room(draft))
    response = client.post(room(draft, "autopilot"), {"mode": "draft"}, headers=HTMX)

    html = response.content.decode()
    assert "the autopick picks for you at once" in warning
    assert f"{teams[0].team_name} got {drivers[0].name} by autopick with pick 1" in html
    assert 'class="draft-cell__source"' in html
    assert ("A: picked by the autopick" in html, "M: picked by a manager" in html) == (True, False)


def test_who_has_no_team_has_no_autopick(client: Client, draft: Draft, manager: User) -> None:
    client.force_login(manager)

    assert client.post(room(draft, "autopilot"), {"mode": "draft"}).status_code == 404


# Afterwards -------------------------------------------------------------------------------------


def test_a_complete_draft_says_when_it_locks(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    pick_all(draft, teams, drivers, now)
    client.force_login(teams[0].user)

    html = read(client, room(draft))

    assert "All picks are made." in html
    assert "every 10s" not in html
    assert buttons(html) == []


def test_an_open_draft_past_its_time_takes_no_picks(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    client.force_login(teams[0].user)
    with time_machine.travel(draft.locks_at, tick=False):
        html = read(client, room(draft))
        response = client.post(room(draft, "pick"), {"driver": drivers[0].pk, "constructor": teams[0].pk})

    assert "Time is up" in html
    assert buttons(html) == []
    assert (response.status_code, 'data-code="race_locked"' in response.content.decode()) == (409, True)


def test_a_locked_draft_waits_for_the_race_and_then_shows_what_the_picks_earned(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    pick_all(draft, teams, drivers, now)
    lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)
    client.force_login(teams[0].user)

    waiting = read(client, room(draft))
    give_result(draft.race, [drivers[1], drivers[0], *drivers[2:]])
    score_race(race_id=draft.race_id, now=now)
    scored = read(client, room(draft))

    assert "Points appear here when the race has been run." in waiting
    assert "draft-cell__points" not in waiting
    assert f"{teams[0].team_name} scored 26 points" in text(scored)
    board = scored.split('id="board"')[1].split("</table>")[0]
    assert re.findall(r'draft-cell__points">([\d.]+)', board) == ["18", "25", "15", "8", "10", "12"]


def test_a_void_draft_keeps_its_history(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    Race.objects.filter(pk=draft.race_id).update(status="cancelled")
    lifecycle.follow_race(draft_id=draft.pk, now=now)

    html = read(client, room(draft))

    assert "This draft is void." in html
    assert drivers[0].family_name in html.split('id="board"')[1]


def test_a_paused_draft_says_so(client: Client, draft: Draft, teams: list[Constructor]) -> None:
    Draft.objects.update(status="paused")
    client.force_login(teams[0].user)

    html = read(client, room(draft))

    assert "The draft is paused." in html
    assert buttons(html) == []


def test_a_late_joiner_is_told_why_they_have_no_turn(client: Client, draft: Draft) -> None:
    late = ConstructorFactory(league=draft.league)
    client.force_login(late.user)

    assert "You joined after this draft was opened." in read(client, room(draft))


# The proof --------------------------------------------------------------------------------------


def test_the_proof_of_a_sealed_order_keeps_the_seed(client: Client, league: League, race: Race, now: datetime) -> None:
    draft = lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now)

    html = read(client, room(draft, "proof"))

    assert draft.order_commitment in html
    assert draft.order_seed not in html
    assert "sealed until the draft opens" in html


def test_a_rotated_order_is_explained(client: Client, draft: Draft, now: datetime) -> None:
    following = RaceFactory(season=draft.race.season, starts_at=now + timedelta(days=11))
    next_draft = lifecycle.schedule_draft(league_id=draft.league_id, race_id=following.pk, now=now)

    html = read(client, room(next_draft, "proof"))

    assert "Rotation" in html
    assert "Fingerprint" not in html


def test_an_order_set_by_hand_names_the_manager_beside_the_one_drawn(
    client: Client, draft: Draft, teams: list[Constructor], manager: User, now: datetime
) -> None:
    ids = [team.pk for team in teams[::-1]]
    lifecycle.set_order(draft_id=draft.pk, constructor_ids=ids, actor=manager, now=now)

    html = read(client, room(draft, "proof"))

    assert f"A manager set this order by hand : {manager.display_name}" in text(html).replace("hand:", "hand :")
    drawn = html.split("The order as drawn")[1].split("</ol>")[0]
    assert [int(pk) for pk in re.findall(r"id (\d+)", drawn)] == [team.pk for team in teams]


# The season's drafts ----------------------------------------------------------------------------


def test_the_list_shows_every_race_with_its_draft_and_my_picks(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    season = draft.race.season
    RaceFactory(season=season, starts_at=now - timedelta(days=20), status="finished", name="Past")
    RaceFactory(season=season, starts_at=now + timedelta(days=11), status="cancelled", name="Off")
    RaceFactory(season=season, starts_at=now + timedelta(days=20), name="Later")
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    client.force_login(teams[0].user)

    html = read(client, reverse("drafts:list", args=[draft.league_id]))

    rows = [text(row) for row in html.split('<li class="race-row')[1:]]
    assert [
        ("Not drafted" in rows[0]),
        ("Open" in rows[1]),
        ("Cancelled" in rows[2]),
        ("Not scheduled" in rows[3]),
    ] == [True] * 4
    assert drivers[0].short in rows[1]
    assert html.count("is-next") == 1


def test_the_list_of_a_season_without_races(client: Client) -> None:
    league = LeagueFactory()

    assert "No races yet" in read(client, reverse("drafts:list", args=[league.pk]))


# What a page costs ------------------------------------------------------------------------------


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        read(client, url)
    return len(captured)


def test_the_room_costs_the_same_for_four_and_ten_teams(
    client: Client, race: Race, drivers: list[Driver], now: datetime
) -> None:
    user, counts = UserFactory(), []
    for size in (4, 10):
        league = LeagueFactory(season=race.season)
        ConstructorFactory(league=league, user=user)
        ConstructorFactory.create_batch(size - 1, league=league)
        draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=now)
        for team in league.constructors.all():
            set_autopilot(draft_id=draft.pk, constructor=team, mode="always", actor=team.user, now=now)
        client.force_login(user)
        counts.append(queries(client, room(draft)))

    assert Pick.objects.count() == 28
    assert counts[0] == counts[1]
    assert counts[0] <= 14  # session, account and bell; the draft, its manager, seven for the board, its log, a queue


def test_the_list_costs_the_same_for_one_and_three_races(client: Client, draft: Draft, now: datetime) -> None:
    url = reverse("drafts:list", args=[draft.league_id])

    one = queries(client, url)
    for days in (11, 18):
        race = RaceFactory(season=draft.race.season, starts_at=now + timedelta(days=days), entries=22)
        lifecycle.schedule_draft(league_id=draft.league_id, race_id=race.pk, now=now)

    assert queries(client, url) == one


# The replay -------------------------------------------------------------------------------------


def test_the_replay_shows_the_board_after_each_event(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    pick_all(draft, teams, drivers, now)
    versions = list(draft.events().order_by("version").values_list("version", flat=True))

    def shown(at: object) -> tuple[list[str], str, list[str]]:
        html = read(client, f"{room(draft, 'replay')}?at={at}")
        line = text("<p " + html.split('class="replay__line"')[1].split("</p>")[0])
        steps = [name for name in ("first", "before", "after", "last") if f'id="replay-{name}"' in html]
        links = [name for name in steps if "href=" in html.split(f'id="replay-{name}"')[1].split(">")[0] + ">"]
        return re.findall(r'draft-cell__code">(\w+)', html), line, links

    codes = [driver.short for driver in drivers]
    third = versions[-2] - 3
    beginning = "The draft is scheduled. The random order is sealed: its fingerprint is public."
    assert shown("nonsense") == shown(versions[0]) == ([], beginning, ["after", "last"])
    assert shown(third)[2] == ["first", "before", "after", "last"]
    assert shown(third)[1] == f"{teams[2]} drafted {drivers[2]} with pick 3."
    assert shown(third)[0] == codes[:3]
    assert (
        shown(10**6)
        == shown(versions[-1])
        == ([*codes[:3], *codes[5:2:-1]], "All picks are made.", ["first", "before"])
    )


def test_a_draft_without_a_log_has_an_empty_replay(client: Client, draft: Draft) -> None:
    draft.events().delete()

    html = read(client, room(draft, "replay"))

    assert "Nothing has happened yet." in html
    assert "The order is not known yet." in html


# Managers' powers -------------------------------------------------------------------------------


def told(client: Client, draft: Draft, name: str, **data: object) -> str:
    """What the room says to whoever does it."""
    return notice(client.post(room(draft, name), data, headers=HTMX).content.decode())


def test_a_manager_pauses_undoes_and_resumes(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    for team, driver in zip(teams, drivers, strict=False):
        make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=now)
    client.force_login(manager)
    by = f"The draft is paused by {manager.display_name}."

    assert "Pause the draft" in read(client, room(draft))
    assert told(client, draft, "pause", reason="Pizza").startswith(f"The draft is paused. {by}")
    assert f"Undo pick 3: {drivers[2].family_name}" in read(client, room(draft))
    for _ in range(2):  # a double click
        assert told(client, draft, "undo", to_pick_number=3, reason="Wrong one").startswith("Pick 3 is undone.")
    paused = read(client, room(draft))
    struck_out = [text(line) for line in re.findall(r'<li class="is-undone">.*?</li>', paused, re.DOTALL)]
    assert [line.split(": ")[1] for line in struck_out] == [f"{teams[2]} drafted {drivers[2].name} with pick 3."]
    assert f"Undo pick 2: {drivers[1].family_name}" in paused
    assert told(client, draft, "resume").startswith("The pause is over.")
    assert draft.picks.count() == 2

    after = client.post(room(draft, "pause"), {"reason": "Pizza"}, follow=True)
    assert after.redirect_chain == [(room(draft), 302)]
    assert by in text(after.content.decode())


def test_players_see_who_paused_and_have_no_buttons_for_it(
    client: Client, draft: Draft, teams: list[Constructor], manager: User, now: datetime
) -> None:
    client.force_login(teams[0].user)
    for what in ("open", "paused"):
        html = read(client, room(draft))
        assert [part in html for part in ("pause-draft", "resume-draft", "undo-pick", "void-draft")] == [False] * 4
        assert (f"Paused by {manager.display_name}" in text(html)) == (what == "paused")
        before = Draft.objects.get().version
        for name in ("pause", "resume", "undo", "clock", "void"):
            data = {"to_pick_number": 1, "reason": "Me", "sure": "on", "pace": "none"}
            assert client.post(room(draft, name), data).status_code in (403, 409)
        assert Draft.objects.get().version == before
        if what == "open":
            control.pause_draft(draft_id=draft.pk, actor=manager, now=now)


def test_an_undo_without_a_number_is_refused(client: Client, draft: Draft, manager: User, now: datetime) -> None:
    control.pause_draft(draft_id=draft.pk, actor=manager, now=now)
    client.force_login(manager)

    answer = client.post(room(draft, "undo"), {"to_pick_number": "x", "reason": "Why not"})

    assert answer.status_code == 400
    assert "There is no pick with that number." in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "given"), [("pause", {}), ("undo", {"to_pick_number": 1}), ("clock", {"pace": "none"})]
)
def test_managers_say_why(
    client: Client, draft: Draft, manager: User, now: datetime, name: str, given: dict[str, object]
) -> None:
    if name == "undo":
        control.pause_draft(draft_id=draft.pk, actor=manager, now=now)
    client.force_login(manager)
    before = Draft.objects.get().version

    answer = client.post(room(draft, name), given)

    assert answer.status_code == 400
    assert "Say why: everybody in the league reads it." in answer.content.decode()
    assert Draft.objects.get().version == before


def test_a_manager_changes_the_clock(client: Client, draft: Draft, manager: User) -> None:
    client.force_login(manager)

    for given, said in (
        ({"pace": "live", "live_seconds": 90, "slow_hours": "x"}, "90 seconds a pick"),
        ({"pace": "slow", "live_seconds": "x", "slow_hours": "1.5"}, "1.5 hours a pick"),
        ({"pace": "none"}, "No clock"),
    ):
        assert told(client, draft, "clock", reason="Late", **given).startswith(f"The clock of this draft: {said}.")
        assert said in text(read(client, room(draft)))
    assert "set the clock to 90 seconds: Late." in text(read(client, room(draft)))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"pace": "live", "live_seconds": "301"}, "less than or equal to 300"),
        ({"pace": "live"}, "Say how many seconds a pick may take."),
        ({"pace": "slow", "slow_hours": "0.5"}, "greater than or equal to 1"),
        ({"pace": "slow"}, "Say how many hours a pick may take."),
        ({}, "This field is required."),
    ],
)
def test_a_clock_that_makes_no_sense_is_refused(
    client: Client, draft: Draft, manager: User, given: dict[str, object], said: str
) -> None:
    client.force_login(manager)

    assert said in told(client, draft, "clock", reason="Late", **given)
    assert Draft.objects.get().pick_seconds is None


def test_a_manager_makes_a_draft_void(client: Client, draft: Draft, manager: User) -> None:
    client.force_login(manager)

    for data in ({"reason": "Nobody came"}, {"sure": "on"}):
        answer = client.post(room(draft, "void"), data)
        assert answer.status_code == 400
        assert 'id="void-draft" open' in answer.content.decode()
        assert 'class="field__error"' in answer.content.decode()
    said = told(client, draft, "void", reason="Nobody came", sure="on")

    assert said.startswith(f"The draft is void. This draft is void, by {manager.display_name}. Nobody came Nothing is")
    assert "void-draft" not in read(client, room(draft))


def test_a_stale_page_does_not_open_what_is_void(client: Client, draft: Draft, manager: User, now: datetime) -> None:
    control.void_draft(draft_id=draft.pk, reason="Nobody came", actor=manager, now=now)
    client.force_login(manager)

    answer = client.post(room(draft, "initialize"))

    assert answer.status_code == 409
    assert "This draft is void." in notice(answer.content.decode())


def test_nothing_is_managed_after_the_lock(client: Client, draft: Draft, manager: User) -> None:
    client.force_login(manager)

    with time_machine.travel(draft.locks_at, tick=False):
        html = read(client, room(draft))

    assert [part in html for part in ("pause-draft", "void-draft")] == [False, False]


# The queue --------------------------------------------------------------------------------------


def queued(html: str) -> list[str]:
    return re.findall(r'queue-list__who">([^<]+?)(?: <|<)', html)


def choice(html: str, label: str) -> str:
    """The queue that the button sends."""
    [value] = re.findall(rf'name="queue" value="([\d,]*)" aria-label="{label}"', html)
    return value


def test_a_player_makes_a_queue(client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver]) -> None:
    client.force_login(teams[1].user)
    url, (a, b, c) = room(draft, "queue"), (driver.name for driver in drivers[:3])

    for driver in (drivers[0], drivers[1], drivers[2], drivers[2]):
        before = ",".join(map(str, queues.queue_of(draft=draft, constructor=teams[1], actor=teams[1].user)))
        client.post(url, {"queue": before, "add": driver.pk})
    html = read(client, room(draft))
    assert queued(html) == [a, b, c]

    client.post(url, {"queue": choice(html, f"Move {c} up")})
    html = read(client, room(draft))
    assert queued(html) == [a, c, b]
    client.post(url, {"queue": choice(html, f"Move {a} down")})
    html = read(client, room(draft))
    assert queued(html) == [c, a, b]
    said = told(client, draft, "queue", queue=choice(html, f"Take {a} out of the queue"))
    assert (said, queued(read(client, room(draft)))) == ("Your queue is saved.", [c, b])


def test_a_queue_shows_who_is_gone_and_can_be_emptied(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    client.force_login(teams[1].user)
    client.post(room(draft, "queue"), {"queue": f"{drivers[0].pk},{drivers[1].pk}"})
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    drivers[1].race_entries.update(status="withdrawn")

    html = read(client, room(draft))

    assert queued(html) == [drivers[0].name]
    assert 'queue-list__item is-taken"' in html
    client.post(room(draft, "queue"), {"queue": choice(html, f"Take {drivers[0].name} out of the queue")})
    assert queued(read(client, room(draft))) == []


def test_a_star_puts_a_driver_in_the_queue_and_out_of_it(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    client.force_login(teams[1].user)
    url, ids = room(draft, "queue"), f"{drivers[0].pk},{drivers[1].pk}"

    client.post(url, {"queue": ids, "add": drivers[2].pk})
    starred = read(client, room(draft))
    client.post(url, {"queue": f"{ids},{drivers[2].pk}", "drop": drivers[0].pk})

    assert starred.count("out of your queue") == 3
    assert f'name="drop" value="{drivers[2].pk}"' in starred
    assert queued(read(client, room(draft))) == [drivers[1].name, drivers[2].name]


@pytest.mark.parametrize("data", [{"queue": "x"}, {"add": "0"}, {"queue": "1,,2"}])
def test_what_is_no_queue_is_refused(
    client: Client, draft: Draft, teams: list[Constructor], data: dict[str, str]
) -> None:
    client.force_login(teams[1].user)

    assert client.post(room(draft, "queue"), data).status_code == 400


def test_a_queue_is_on_its_owners_page_alone(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    queues.set_queue(draft_id=draft.pk, constructor=teams[0], driver_ids=[drivers[3].pk], actor=teams[0].user, now=now)
    for user, seen in ((teams[0].user, [drivers[3].name]), (teams[1].user, []), (manager, [])):
        client.force_login(user)
        assert queued(read(client, room(draft))) == seen

    client.force_login(manager)
    assert client.post(room(draft, "queue"), {"queue": ""}).status_code == 404
    lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)
    client.force_login(teams[0].user)
    assert "My queue" not in read(client, room(draft))


# The season list --------------------------------------------------------------------------------


def listed(html: str, which: str) -> list[str]:
    return queued(html.split(f'id="{which}"')[1].split("</section>")[0])


def test_a_player_keeps_a_season_list(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    client.force_login(teams[1].user)
    url, (a, b, c) = reverse("drafts:season_list", args=[draft.league_id]), (driver.name for driver in drivers[:3])

    def add(which: str, driver: Driver) -> None:
        before = queues.season_list_of(constructor=teams[1], actor=teams[1].user)[which == "never"]
        queue = ",".join(map(str, before))
        assert client.post(url, {"list": which, "queue": queue, "add": driver.pk}).status_code == 302

    empty = read(client, url)
    for which, driver in (("wanted", drivers[0]), ("never", drivers[1]), ("wanted", drivers[2])):
        add(which, driver)
    html = read(client, url)
    moved = client.post(url, {"list": "wanted", "queue": choice(html, f"Move {c} up")}, headers=HTMX)
    out = client.post(url, {"list": "never", "queue": choice(html, f"Take {b} out of the list")}, headers=HTMX)

    assert "Your season list is saved." in html
    assert (listed(empty, "wanted"), listed(empty, "never")) == ([], [])
    assert (listed(html, "wanted"), listed(html, "never")) == ([a, c], [b])
    assert drivers[1].pk not in [int(pk) for pk in re.findall(r'<option value="(\d+)">', html)]
    shown = moved.content.decode()
    assert ("<html" in shown, listed(shown, "wanted"), "Your season list is saved." in shown) == (False, [c, a], True)
    assert listed(out.content.decode(), "never") == []


def test_a_season_list_shows_who_left_the_season(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    client.force_login(teams[1].user)
    url = reverse("drafts:season_list", args=[draft.league_id])
    client.post(url, {"list": "wanted", "queue": f"{drivers[0].pk}"})
    drivers[0].race_entries.all().delete()

    assert listed(read(client, url), "wanted") == [drivers[0].name]


@pytest.mark.parametrize("data", [{}, {"list": "x"}, {"list": "never", "queue": "x"}, {"list": "wanted", "add": "0"}])
def test_what_is_no_season_list_is_refused(
    client: Client, draft: Draft, teams: list[Constructor], data: dict[str, str]
) -> None:
    client.force_login(teams[1].user)

    response = client.post(reverse("drafts:season_list", args=[draft.league_id]), data)

    assert (response.status_code, 'data-code="invalid"' in response.content.decode()) == (400, True)


def test_nobody_has_a_season_list_but_who_plays(client: Client, draft: Draft, manager: User) -> None:
    url = reverse("drafts:season_list", args=[draft.league_id])
    visitor = client.get(url)
    client.force_login(manager)

    assert (visitor.status_code, client.get(url).status_code) == (302, 404)
    assert url not in read(client, reverse("league", args=[draft.league_id]))


def test_the_league_and_the_queue_lead_to_the_season_list(
    client: Client, draft: Draft, teams: list[Constructor]
) -> None:
    client.force_login(teams[0].user)
    url = reverse("drafts:season_list", args=[draft.league_id])

    assert f'href="{url}"' in read(client, reverse("league", args=[draft.league_id]))
    assert f'href="{url}"' in read(client, room(draft))
