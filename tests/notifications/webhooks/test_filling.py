"""What webhooks hear of, and in which words."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from drf_spectacular.utils import OpenApiWebhook

from accounts.models import User
from drafts import control, lifecycle, picks, queues
from drafts.feed import KINDS as FEED
from drafts.models import Draft
from fantasy_f1.core import log_reader
from leagues import managers, membership
from leagues.models import Constructor, League
from notifications.tasks import remind
from notifications.webhooks import description, filling
from notifications.webhooks.forms import CHOICES, LABELS
from notifications.webhooks.happenings import AREAS, FOR_CHATS, KINDS, OF_DRAFTS
from notifications.webhooks.models import WebhookDelivery
from races.models import Driver, Race
from scoring.scores import score_race
from tests.factories import ConstructorFactory, LeagueFactory, UserFactory, give_result
from tests.notifications.webhooks.conftest import Make

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, dict[str, Any]]]:
    """(type, data) of all that is to be posted, oldest first; the rest of the body is in ``test_sending``."""
    filling.catch_up()
    rows = WebhookDelivery.objects.order_by("pk")
    return [(row.type, json.loads(row.body)["data"]) for row in rows]


def said() -> list[str]:
    """The same in the words of a chat on Slack."""
    filling.catch_up()
    return [json.loads(row.body)["text"] for row in WebhookDelivery.objects.order_by("pk")]


def example_of(webhook: OpenApiWebhook) -> Any:
    return webhook.decorator["post"]["requestBody"]["content"]["application/json"]["examples"]["Example"]["value"]


def test_the_guide_shows_the_same_example_as_the_description_of_the_api() -> None:
    shown = re.search(r"```json\n(.*?)```", (Path(__file__).parents[3] / "docs/webhooks.md").read_text(), re.DOTALL)

    assert shown
    assert json.loads(shown[1]) == example_of(description.DRAFT)


def test_every_kind_has_words_and_an_area() -> None:
    assert set(LABELS) == {*KINDS, *AREAS}
    assert [kind for kind, _ in CHOICES] == sorted(LABELS, key=[kind for kind, _ in CHOICES].index)
    assert len(CHOICES) == len(LABELS)
    assert set(FOR_CHATS) <= set(KINDS)
    assert {f"{kind.partition('.')[0]}.*" for kind in KINDS} == set(AREAS)


def test_of_drafts_all_is_told_that_everybody_sees_but_for_autopicks_that_are_switched() -> None:
    assert set(FEED) - set(OF_DRAFTS) == {"AutopilotSwitched"}


def test_a_pick_is_told_with_the_turn_that_comes_next(
    make: Make, league: League, draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    make(league=league)
    picks.make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)

    ((kind, data),) = told()

    assert kind == "draft.pick_made"
    assert data == {
        "by": {"id": teams[0].user.pk, "username": teams[0].user.username},
        "race_id": draft.race_id,
        "version": data["version"],
        "draft_id": draft.pk,
        "pick_number": 1,
        "constructor_id": teams[0].pk,
        "driver_id": drivers[0].pk,
        "source": "player",
        "reason": "",
        "current_pick": {"pick_number": 2, "round": 1, "constructor": teams[1].pk, "deadline": None},
    }
    assert data.keys() == example_of(description.DRAFT)["data"].keys()


def test_private_things_are_told_to_nobody(
    make: Make,
    league: League,
    draft: Draft,
    teams: list[Constructor],
    drivers: list[Driver],
    manager: User,
    now: datetime,
) -> None:
    make(league=league)
    queues.set_queue(draft_id=draft.pk, constructor=teams[1], driver_ids=[drivers[3].pk], actor=teams[1].user, now=now)
    picks.set_autopilot(draft_id=draft.pk, constructor=teams[1], mode="always", actor=teams[1].user, now=now)
    managers.renew_code(league_id=league.pk, actor=manager, now=now)

    assert told() == []


def test_only_what_is_wanted_is_told(make: Make, league: League, draft: Draft, manager: User, now: datetime) -> None:
    make(league=league, events=["draft.paused"])
    make(league=league, events=["draft.*"])
    make(league=league, events=["league.*"], format="discord")
    make(league=league, is_active=False)
    control.pause_draft(draft_id=draft.pk, actor=manager, now=now)
    control.resume_draft(draft_id=draft.pk, actor=manager, now=now)

    assert sorted(kind for kind, _ in told()) == ["draft.paused", "draft.paused", "draft.resumed"]


def test_one_who_plays_and_manages_is_told_once(make: Make, league: League, manager: User, now: datetime) -> None:
    ConstructorFactory(league=league, user=manager)
    make(user=manager)
    managers.change_league(league_id=league.pk, actor=manager, now=now, name="B")

    assert [kind for kind, _ in told()] == ["league.changed"]


def test_a_new_league_is_told_to_who_made_it(make: Make, manager: User, race: Race, now: datetime) -> None:
    make(user=manager)
    managers.create_league(creator=manager, name="New", season=race.season, now=now)

    assert [kind for kind, _ in told()] == ["league.created"]


def test_what_is_read_twice_is_posted_once(make: Make, league: League, manager: User, now: datetime) -> None:
    make(league=league)
    managers.change_league(league_id=league.pk, actor=manager, now=now, name="B")
    filling.catch_up()
    log_reader.LogPosition.objects.filter(reader=filling.READER).update(position=0, ahead=[])
    WebhookDelivery.objects.exclude(type="league.changed").delete()

    assert [kind for kind, _ in told()].count("league.changed") == 1


def test_the_cost_is_the_same_for_one_event_and_for_three_without_webhooks(
    league: League, manager: User, now: datetime, django_assert_max_num_queries: Any
) -> None:
    filling.catch_up()
    for name in ("A", "B", "C", "D"):
        managers.change_league(league_id=league.pk, actor=manager, now=now, name=name)

    with django_assert_max_num_queries(24):
        filling.follow_log()


# Points -----------------------------------------------------------------------------------------


@pytest.fixture
def scored(draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime) -> Callable[..., None]:
    """``scored(first, second, …)`` gives the race that result; each team has drafted two drivers in turn."""
    order = [*teams, *reversed(teams)]
    for team, driver in zip(order, drivers, strict=False):
        picks.make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=now)

    def score(*places: Driver) -> None:
        give_result(draft.race, list(places))
        score_race(race_id=draft.race_id, now=now)

    return score


def test_a_scored_race_is_told_once_to_each_league_that_drafted_it(
    make: Make,
    scored: Callable[..., None],
    league: League,
    race: Race,
    teams: list[Constructor],
    drivers: list[Driver],
) -> None:
    make(league=league)
    make(league=LeagueFactory(season=race.season))
    scored(*drivers[:6])

    ((kind, data),) = told()

    race.refresh_from_db()
    first, second, third = teams
    assert kind == "score.race_scored"
    assert data == {
        "race_id": race.pk,
        "number": 1,
        "status": race.results_status,
        "changes": [],
        "results": [
            {"rank": 1, "constructor": {"id": first.pk, "team_name": first.team_name}, "points": "33"},
            {"rank": 2, "constructor": {"id": second.pk, "team_name": second.team_name}, "points": "28"},
            {"rank": 3, "constructor": {"id": third.pk, "team_name": third.team_name}, "points": "27"},
        ],
    }
    assert data.keys() == example_of(description.SCORE)["data"].keys()


def test_amended_points_are_told_with_what_moved_where_they_concern_a_league(
    make: Make, scored: Callable[..., None], league: League, drivers: list[Driver]
) -> None:
    make(league=league, format="slack")
    scored(*drivers[:8])
    scored(drivers[1], drivers[0], *drivers[2:8])
    scored(drivers[1], drivers[0], *drivers[2:6], drivers[7], drivers[6])  # none of those is drafted

    first, second = said()

    assert first.startswith("Moon Grand Prix: the points are in: 1. ")
    assert second.startswith(f"Moon Grand Prix: the results changed: {drivers[0]} 25 → 18\n{drivers[1]} 18 → 25\n\n1. ")


# Chats ------------------------------------------------------------------------------------------


def test_a_chat_hears_of_the_draft_in_words(
    make: Make, league: League, race: Race, drivers: list[Driver], manager: User, now: datetime
) -> None:
    make(league=league, format="slack")
    draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=now)
    teams = [Constructor.objects.select_related("user").get(pk=pk) for pk in draft.order_data]
    control.pause_draft(draft_id=draft.pk, actor=manager, reason="Rain", now=now)
    control.resume_draft(draft_id=draft.pk, actor=manager, now=now)
    for team, driver in zip([*teams, *reversed(teams)], drivers, strict=False):
        picks.make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=now)

    lines = said()

    prefix = "Moon Grand Prix: the draft: "
    names = [team.team_name for team in teams]
    assert [line.removeprefix(prefix) for line in lines if "opened" in line] == [
        f"manager opened the draft. {names[0]} picks first."
    ]
    assert f"{prefix}manager paused the draft: Rain." in lines
    assert lines[-1].splitlines() == [
        f"{prefix}All picks are made.",
        f"{names[0]}: {drivers[0]}, {drivers[5]}",
        f"{names[1]}: {drivers[1]}, {drivers[4]}",
        f"{names[2]}: {drivers[2]}, {drivers[3]}",
    ]


def test_a_chat_hears_who_is_on_the_clock(
    make: Make, league: League, draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    make(league=league, format="slack")
    picks.make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)

    (line,) = said()

    assert line.splitlines()[-1] == f"On the clock: {teams[1]}, pick 2."


def test_a_chat_hears_of_the_league(make: Make, league: League, manager: User, race: Race, now: datetime) -> None:
    make(league=league, format="slack")
    membership.join_league(league_id=league.pk, user=UserFactory(username="bob"), team_name="Bobsleigh", now=now)

    assert said() == ["League news: bob joined with Bobsleigh."]


def test_a_lock_is_told_two_hours_ahead_and_once(
    make: Make, league: League, draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    make(league=league)
    make(league=league, format="slack")
    picks.make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    filling.catch_up()
    WebhookDelivery.objects.all().delete()
    for before in (timedelta(hours=3), timedelta(hours=2), timedelta(hours=1)):
        with time_machine.travel(draft.locks_at - before, tick=False):
            remind()

    signed, slack = WebhookDelivery.objects.order_by("webhook")
    assert signed.type == slack.type == "draft.locks_soon"
    assert f'"missing":[{",".join(str(pk) for pk in sorted(team.pk for team in teams[1:]))}]' in signed.body
    missing = sorted(teams[1:], key=lambda team: team.pk)
    assert f"Without a driver yet: {missing[0]}, {missing[1]}." in slack.body


def test_nobody_listens_to_locks_without_webhooks(draft: Draft) -> None:
    filling.warn_of_locks(draft.locks_at - timedelta(hours=1))

    assert not WebhookDelivery.objects.exists()


def test_events_of_drafts_and_leagues_that_are_gone_are_passed_over(
    make: Make, league: League, manager: User, race: Race, now: datetime
) -> None:
    make(user=manager)
    gone = managers.create_league(creator=manager, name="Gone", season=race.season, now=now)
    managers.delete_league(league_id=gone.pk, actor=manager, now=now)

    assert told() == []
