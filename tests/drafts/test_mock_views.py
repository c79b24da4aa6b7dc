"""The page of a mock draft, with and without scripts, and the same over the API."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from drafts import mock
from drafts.models import MockDraft
from races.models import Driver, Race
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
PAGE, START, PICK, END = (reverse(f"drafts:{name}") for name in ("mock", "mock_start", "mock_pick", "mock_end"))
ASKED = {"teams": "4", "seat": "1", "method": "snake", "pick_seconds": "10"}


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[time_machine.Traveller]:
    """Stands still until it is moved."""
    with time_machine.travel(now, tick=False) as clock:
        yield clock


@pytest.fixture
def user(client: Client, drivers: list[Driver]) -> User:
    """Signed in, before a race with 22 drivers."""
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def row(user: User, now: datetime) -> MockDraft:
    """On the clock with the first pick."""
    return mock.start(user=user, teams=4, seat=1, pick_seconds=10, now=now)


def shown(client: Client, **query: Any) -> str:
    answer = client.get(PAGE, query)
    assert answer.status_code == 200
    return answer.content.decode()


def strip(html: str) -> str:
    """What the strip says, in one line."""
    inside = html.split('id="strip"')[1].split("</section>")[0].split("<noscript>")[0].partition(">")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", inside).split())


def buttons(html: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'name="driver" value="(\d+)" aria-label', html)]


# Beginning and ending -----------------------------------------------------------------------------


def test_visitors_sign_in_first(client: Client) -> None:
    for address in (PAGE, START, PICK, END):
        answer = client.post(address) if address != PAGE else client.get(address)
        assert answer["Location"].startswith(reverse("accounts:login"))


def test_a_form_begins_it(client: Client, user: User, race: Race) -> None:
    page = shown(client)
    assert race.name in page
    assert '<option value="11">11</option>' in page

    answer = client.post(START, ASKED, follow=True)

    assert answer.redirect_chain == [(PAGE, 302)]
    assert strip(answer.content.decode()) == (
        f"Mock draft {race.name} · Round 1 · Pick 1 of 8 10 s You are on the clock"
    )
    assert "<title>● Your pick" in answer.content.decode()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"teams": "12"}, "Select a valid choice"),
        ({"seat": "5"}, "Your place is one from 1 to 4."),
        ({"pick_seconds": "31"}, "less than or equal to 30"),
        ({"method": "auction"}, "Select a valid choice"),
    ],
)
def test_what_makes_no_sense_is_shown_in_the_form(client: Client, user: User, given: dict[str, str], why: str) -> None:
    answer = client.post(START, ASKED | given)

    assert (answer.status_code, why in answer.content.decode()) == (400, True)
    assert not MockDraft.objects.exists()


def test_without_a_race_there_is_nothing_to_practise_for(client: Client, user: User) -> None:
    Race.objects.update(status=Race.Status.CANCELLED)

    assert "Nothing to practise for" in shown(client)
    assert client.post(START, ASKED).status_code == 400


def test_it_is_ended(client: Client, row: MockDraft) -> None:
    answer = client.post(END, follow=True)

    assert answer.redirect_chain == [(PAGE, 302)]
    assert "Seconds for a pick" in answer.content.decode()


def test_links_to_actions_lead_to_the_page(client: Client, user: User) -> None:
    assert [client.get(address)["Location"] for address in (START, PICK, END)] == [PAGE] * 3


def test_pages_lead_to_it(client: Client, user: User, race: Race) -> None:
    for address in (reverse("home"), reverse("races:drivers")):
        assert f'href="{PAGE}"' in client.get(address).content.decode()


# Drafting -----------------------------------------------------------------------------------------


def test_a_pick_is_confirmed_and_made_by_plain_forms(client: Client, row: MockDraft, drivers: list[Driver]) -> None:
    page = shown(client)
    assert buttons(page) == [driver.pk for driver in drivers]
    assert f"Draft {drivers[2].name}?" in shown(client, driver=drivers[2].pk)

    answer = client.post(PICK, {"driver": drivers[2].pk, "sort": "name"}, follow=True)

    page = answer.content.decode()
    assert answer.redirect_chain == [(f"{PAGE}?sort=name", 302)]
    assert f"You drafted {drivers[2]}." in page
    assert "is thinking You pick in 6" in strip(page)
    assert buttons(page) == []
    assert "See what happened" in page


def test_a_pick_is_made_in_a_part_of_the_page(client: Client, row: MockDraft, drivers: list[Driver]) -> None:
    answer = client.post(PICK, {"driver": drivers[2].pk}, headers=HTMX)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.strip().startswith("<title>Mock draft")
    assert f"You drafted {drivers[2]}." in page.split('hx-swap-oob="innerHTML:#announce"')[1]
    assert client.post(PICK, {"driver": drivers[2].pk}, headers=HTMX).status_code == 200


def test_the_page_looks_again_when_the_turn_is_over(client: Client, row: MockDraft, drivers: list[Driver]) -> None:
    assert 'hx-trigger="load delay:10150ms, every 5s"' in shown(client)

    client.post(PICK, {"driver": drivers[2].pk})

    delay = int(re.search(r"load delay:(\d+)ms", shown(client))[1])
    assert 1150 <= delay <= 3150


def test_a_waiting_page_gets_news_only(
    client: Client, row: MockDraft, drivers: list[Driver], clock: time_machine.Traveller
) -> None:
    assert client.get(PAGE, {"seen": 0}, headers=HTMX).status_code == 204

    clock.shift(timedelta(seconds=10))
    answer = client.get(PAGE, {"seen": 0, "driver": drivers[5].pk}, headers=HTMX)

    page = answer.content.decode()
    assert f"Your time was over: {drivers[0]} was picked for you" in page
    assert f"You: {drivers[0]}." in page.split('hx-swap-oob="innerHTML:#announce"')[1]
    assert 'id="confirm"' not in page


def test_who_comes_back_from_a_choice_finds_it_again(client: Client, row: MockDraft, drivers: list[Driver]) -> None:
    page = shown(client, **{"from": drivers[5].pk})

    assert re.search(r'id="draft-(\d+)"[^>]* autofocus', page)[1] == str(drivers[5].pk)
    assert f"Draft {drivers[5].name}?" not in page


def test_drivers_are_filtered_as_in_the_room(client: Client, row: MockDraft, drivers: list[Driver]) -> None:
    Driver.objects.filter(pk=drivers[7].pk).update(family_name="Unmistakable")

    assert buttons(shown(client, q="unmistak")) == [drivers[7].pk]


@pytest.mark.parametrize(
    ("given", "status", "why"),
    [("nobody", 400, "Choose one of the drivers"), ("taken", 409, "was drafted with pick 1")],
)
def test_a_pick_that_cannot_be_is_refused_on_the_page(
    client: Client, user: User, drivers: list[Driver], now: datetime, clock: time_machine.Traveller,
    given: str, status: int, why: str,
) -> None:  # fmt: skip
    row = mock.start(user=user, teams=2, seat=2, pick_seconds=10, now=now)
    clock.shift(timedelta(seconds=3))
    taken = mock.progress(row, drivers, now=now + timedelta(seconds=3)).driver_ids[0]

    answer = client.post(PICK, {"driver": taken if given == "taken" else "x"})

    page = answer.content.decode()
    assert (answer.status_code, why in page) == (status, True)
    assert "You are on the clock" in page


def test_a_pick_without_a_mock_draft_leads_to_the_form(client: Client, user: User, drivers: list[Driver]) -> None:
    plain = client.post(PICK, {"driver": drivers[0].pk})
    part = client.post(PICK, {"driver": drivers[0].pk}, headers=HTMX)

    assert (plain.status_code, "You have no mock draft." in plain.content.decode()) == (404, True)
    assert part["HX-Redirect"] == PAGE


def test_at_the_end_it_compares_and_begins_again(
    client: Client, row: MockDraft, drivers: list[Driver], clock: time_machine.Traveller
) -> None:
    client.post(PICK, {"driver": drivers[6].pk})
    clock.shift(timedelta(minutes=5))

    page = shown(client)

    assert "Complete See how you did" in strip(page)
    assert f"You drafted {drivers[6]} and" in page
    assert drivers[0].short in page.split("The best by price, with your turns")[1].split("</dd>")[0]
    assert "hx-trigger" not in page.split('id="strip"')[1].split(">")[0]
    assert client.get(PAGE, {"seen": 8}, headers=HTMX).status_code == 200

    fields = page.split(f'action="{START}"')[1].split("</form>")[0]
    again = dict(re.findall(r'name="(teams|method|pick_seconds)" value="([^"]+)"', fields))
    client.post(START, again)
    assert MockDraft.objects.get().seed != row.seed
    assert MockDraft.objects.get().teams == 4


def test_the_page_takes_one_query_more_at_the_end_than_at_the_start(
    client: Client, row: MockDraft, clock: time_machine.Traveller, django_assert_num_queries
) -> None:
    with django_assert_num_queries(10):
        shown(client)
    clock.shift(timedelta(seconds=40))
    with django_assert_num_queries(11):
        assert "See how you did" in shown(client)


# Over the API -------------------------------------------------------------------------------------


def send(client: Client, method: str, path: str = "", body: Any = None) -> HttpResponse:
    return getattr(client, method)(f"/api/v1/mock-draft{path}", body or {}, "application/json")


def code(answer: HttpResponse) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_programs_practise_too(
    client: Client, user: User, race: Race, drivers: list[Driver], now: datetime, clock: time_machine.Traveller
) -> None:
    begun = send(client, "post", "", {"teams": 2, "seat": 1, "pick_seconds": 10})
    picked = send(client, "post", "/picks", {"driver_id": drivers[4].pk})
    clock.shift(timedelta(minutes=5))
    over = client.get("/api/v1/mock-draft").json()

    assert (begun.status_code, begun["Location"]) == (201, "/api/v1/mock-draft")
    assert begun.json() == {
        "race": race.pk,
        "method": "snake",
        "pick_seconds": 10,
        "seat": 1,
        "teams": [
            {"seat": 1, "team_name": "Your team", "color": "#e10600"},
            {"seat": 2, "team_name": "Gravel Trap", "color": "#2f7de1"},
        ],
        "picks": [],
        "current_pick": {"pick_number": 1, "seat": 1, "deadline": "2026-07-22T09:00:10Z"},
    }
    assert picked.status_code == 201
    assert picked.json()["picks"] == [
        {"pick_number": 1, "round": 1, "seat": 1, "driver": drivers[4].pk, "is_auto": False}
    ]
    assert picked.json()["current_pick"]["seat"] == 2
    assert [(pick["seat"], pick["is_auto"]) for pick in over["picks"]] == [
        (1, False),
        (2, False),
        (2, False),
        (1, True),
    ]
    assert over["current_pick"] is None


def test_programs_are_refused_with_a_code(client: Client, user: User, drivers: list[Driver]) -> None:
    assert code(client.get("/api/v1/mock-draft")) == (404, "no_mock_draft")
    assert code(send(client, "post", "/picks", {"driver_id": drivers[0].pk})) == (404, "no_mock_draft")
    assert code(send(client, "post", "", {"teams": 2, "seat": 3})) == (400, "invalid")

    send(client, "post", "", {"teams": 2, "seat": 2})
    assert code(send(client, "post", "/picks", {"driver_id": drivers[0].pk})) == (409, "not_on_the_clock")
    assert [send(client, "delete").status_code for _ in range(2)] == [204, 204]
