"""Requests that are sent twice, over the operations that take an ``Idempotency-Key``."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from drafts import lifecycle
from drafts.models import Draft, Pick
from fantasy_f1.core import idempotency
from fantasy_f1.core.models import EventLog, KeptAnswer
from fantasy_f1.core.tasks import clean_up
from leagues import membership
from leagues.models import Constructor, League
from tests.contention import at_once
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, UserFactory

pytestmark = pytest.mark.django_db
KEY = "6f1c5b0e-pick-3"


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(now, tick=False) as travelled:
        yield travelled


def of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def post(client: Client, path: str, body: dict[str, Any], key: str | None = KEY) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(f"/api/v1/{path}", body, "application/json", headers=headers)


def told(response: Any) -> tuple[int, bytes, str, str]:
    return response.status_code, response.content, response["Location"], response["Content-Type"]


def refusal(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def opened(now: datetime) -> Draft:
    race = RaceFactory(starts_at=now + timedelta(days=4), entries=22)
    league = LeagueFactory(season=race.season)
    ConstructorFactory.create_batch(2, league=league)
    return lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=now)[0]


@pytest.fixture
def draft(now: datetime) -> Draft:
    return opened(now)


@pytest.fixture
def league(draft: Draft) -> League:
    return draft.league


@pytest.fixture
def player() -> Client:
    return of(UserFactory())


def turn(draft: Draft) -> tuple[Client, str, list[int]]:
    """Who is to pick, where, and the drivers to pick from."""
    team = Constructor.objects.select_related("user").get(pk=draft.order_data[0])
    drivers = list(draft.race.entries.values_list("driver", flat=True))
    return of(team.user), f"constructors/{team.pk}/drafts/{draft.race_id}/picks", drivers


def test_a_pick_that_is_sent_twice_has_the_same_answer(draft: Draft, clock: time_machine.Traveller) -> None:
    client, path, drivers = turn(draft)
    first = post(client, path, {"driver_id": drivers[0]})
    clock.shift(timedelta(hours=23))

    again = post(client, path, {"driver_id": drivers[0]})

    assert first.status_code == 201
    assert told(again) == told(first)
    assert (again["Idempotent-Replayed"], "Idempotent-Replayed" in first) == ("true", False)
    assert draft.picks.count() == 1


def test_a_join_that_is_sent_twice_has_the_same_answer_whatever_happened_since(
    league: League, player: Client, now: datetime
) -> None:
    first = post(player, f"leagues/{league.pk}/join", {"team_name": "Apex"})
    user = Constructor.objects.get(team_name="Apex").user
    membership.leave_league(league_id=league.pk, user=user, now=now)

    again = post(player, f"leagues/{league.pk}/join", {"team_name": "Apex"})

    assert told(again) == told(first)
    assert not league.constructors.get(user=user).is_active


def test_the_same_in_other_words_is_the_same(league: League, player: Client) -> None:
    path = f"/api/v1/leagues/{league.pk}/join"
    bodies = ['{"team_name": "Apex", "code": ""}', '{"code":"","team_name":"Apex"}']

    answers = [
        player.post(path, body, "application/json", headers={"Idempotency-Key": KEY}).status_code for body in bodies
    ]

    assert answers == [201, 201]
    assert KeptAnswer.objects.count() == 1


def test_a_key_is_for_one_request(league: League, player: Client) -> None:
    path = f"leagues/{league.pk}/join"
    post(player, path, {"team_name": "Apex"})

    body = post(player, path, {"team_name": "Other"})
    address = post(player, f"leagues/{LeagueFactory(season=league.season).pk}/join", {"team_name": "Apex"})

    assert [refusal(body), refusal(address)] == [(422, "idempotency_key_reused")] * 2
    assert Constructor.objects.filter(team_name__in=["Apex", "Other"]).count() == 1


def test_a_key_is_of_one_user(league: League) -> None:
    names = ["Apex", "Bend"]

    answers = [post(of(UserFactory()), f"leagues/{league.pk}/join", {"team_name": name}) for name in names]

    assert [answer.json()["team_name"] for answer in answers] == names


def test_other_keys_and_none_are_other_requests(draft: Draft) -> None:
    client, path, drivers = turn(draft)
    post(client, path, {"driver_id": drivers[0]})

    assert refusal(post(client, path, {"driver_id": drivers[1]}, key="another")) == (409, "not_on_the_clock")
    assert refusal(post(client, path, {"driver_id": drivers[1]}, key=None)) == (409, "not_on_the_clock")


@pytest.mark.parametrize("key", ["", " ", "a b", "ü", "x" * 256, "a\tb"])
def test_a_malformed_key_is_refused(key: str, league: League, player: Client) -> None:
    response = post(player, f"leagues/{league.pk}/join", {"team_name": "Apex"}, key=key)

    assert refusal(response) == (400, "idempotency_key_malformed")
    assert not league.constructors.filter(team_name="Apex").exists()


@pytest.mark.parametrize("key", ["x", "x" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"'])
def test_any_other_text_is_a_key(key: str, league: League, player: Client) -> None:
    path, body = f"leagues/{league.pk}/join", {"team_name": "Apex"}

    assert told(post(player, path, body, key=key)) == told(post(player, path, body, key=key))


def test_a_refusal_is_not_kept(draft: Draft, now: datetime) -> None:
    first, path, drivers = turn(draft)
    team = Constructor.objects.select_related("user").get(pk=draft.order_data[1])
    second, later = of(team.user), f"constructors/{team.pk}/drafts/{draft.race_id}/picks"

    early = post(second, later, {"driver_id": drivers[1]})
    post(first, path, {"driver_id": drivers[0]})
    due = post(second, later, {"driver_id": drivers[1]})

    assert refusal(early) == (409, "not_on_the_clock")
    assert (due.status_code, "Idempotent-Replayed" in due) == (201, False)


def test_who_is_not_signed_in_keeps_nothing(league: League) -> None:
    assert refusal(post(Client(), f"leagues/{league.pk}/join", {"team_name": "Apex"})) == (401, "not_authenticated")
    assert not KeptAnswer.objects.exists()


def test_after_a_day_a_key_is_free_again(league: League, player: Client, clock: time_machine.Traveller) -> None:
    path = f"leagues/{league.pk}/join"
    post(player, path, {"team_name": "Apex"})
    clock.shift(timedelta(days=1))

    anew = post(player, path, {"team_name": "Other"})

    assert (anew.status_code, anew.json()["team_name"], "Idempotent-Replayed" in anew) == (201, "Apex", False)


def test_answers_are_deleted_after_a_day(
    league: League, player: Client, now: datetime, clock: time_machine.Traveller
) -> None:
    post(player, f"leagues/{league.pk}/join", {"team_name": "Apex"}, key="old")
    clock.shift(timedelta(hours=12))
    post(player, f"leagues/{league.pk}/join", {"team_name": "Apex"}, key="new")

    clock.shift(timedelta(hours=12))
    clean_up()

    assert [kept.key for kept in KeptAnswer.objects.all()] == ["new"]
    assert str(KeptAnswer.objects.get()) == "201 for new"


@pytest.mark.django_db(transaction=True)
def test_a_crash_keeps_neither_the_answer_nor_the_change(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = opened(now)
    client, path, drivers = turn(draft)
    client.raise_request_exception = False
    events = EventLog.objects.count()
    with monkeypatch.context() as crashing:
        crashing.setattr(idempotency.PlainJSONRenderer, "render", lambda *_: 1 / 0)
        crashed = client.post(
            f"/api/v1/{path}", {"driver_id": drivers[0]}, "application/json", headers={"Idempotency-Key": KEY}
        )

    assert crashed.status_code == 500
    assert (draft.picks.count(), KeptAnswer.objects.count(), EventLog.objects.count()) == (0, 0, events)
    assert post(client, path, {"driver_id": drivers[0]}).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_done_and_all_have_its_answer(now: datetime) -> None:
    draft = opened(now)
    _, path, drivers = turn(draft)
    user = Constructor.objects.get(pk=draft.order_data[0]).user

    def pick() -> Callable[[], Any]:
        client = of(user)
        return lambda: post(client, path, {"driver_id": drivers[0]})

    answers = at_once([pick() for _ in range(8)])

    assert len({told(answer) for answer in answers}) == 1
    assert Counter("Idempotent-Replayed" in answer for answer in answers) == {True: 7, False: 1}
    assert Pick.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_with_one_key_at_once_one_is_done(now: datetime) -> None:
    draft = opened(now)
    _, path, drivers = turn(draft)
    user = Constructor.objects.get(pk=draft.order_data[0]).user

    def pick(driver: int) -> Callable[[], Any]:
        client = of(user)
        return lambda: post(client, path, {"driver_id": driver}).status_code

    statuses = at_once([pick(driver) for driver in drivers[:6]])

    assert Counter(statuses) == {201: 1, 422: 5}
    assert Pick.objects.count() == 1
