"""The clock of a draft: when turns begin and end, and who notices that one is over."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
import time_machine

from accounts.models import User
from drafts import control, lifecycle, queues
from drafts.errors import DraftNotRunning, NotOnTheClock, RaceLocked, TooEarlyToPickFor
from drafts.models import Draft, Pick
from drafts.picks import make_pick, on_the_clock, set_autopilot, settle_clock, time_for_turn
from drafts.queries import find_draft
from drafts.tasks import settle_clocks
from fantasy_f1.core.errors import Invalid, NotAllowed
from leagues.membership import leave_league
from leagues.models import Constructor, League
from races.models import Driver, Race
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory

pytestmark = pytest.mark.django_db

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def league(league: League) -> League:
    """With a minute and a half for a pick."""
    league.pick_seconds = 90
    league.save()
    return league


@pytest.fixture
def take(draft: Draft, drivers: list[Driver]) -> Callable[[int, Constructor, datetime], Pick]:
    """Let a team draft the driver of that place."""

    def pick(place: int, team: Constructor, now: datetime) -> Pick:
        return make_pick(draft_id=draft.pk, constructor=team, driver=drivers[place], actor=team.user, now=now)

    return pick


Take = Callable[[int, Constructor, datetime], Pick]


def turn(draft: Draft) -> tuple[int | None, datetime | None]:
    draft.refresh_from_db()
    return draft.current_pick, draft.deadline_at


# Turns ------------------------------------------------------------------------------------------


def test_a_turn_has_its_deadline_from_the_opening_on(draft: Draft, now: datetime) -> None:
    assert turn(draft) == (1, now + 90 * SECOND)
    opened = draft.events().get(name="DraftOpened").data["current_pick"]
    assert opened == {
        "pick_number": 1,
        "round": 1,
        "constructor": draft.order_data[0],
        "deadline": (now + 90 * SECOND).isoformat(),
    }


def test_the_next_turn_begins_with_the_pick(draft: Draft, teams: list[Constructor], take: Take, now: datetime) -> None:
    take(0, teams[0], now + 30 * SECOND)

    assert turn(draft) == (2, now + 120 * SECOND)


def test_what_does_not_touch_the_turn_does_not_touch_its_deadline(
    draft: Draft, teams: list[Constructor], take: Take, now: datetime
) -> None:
    take(0, teams[0], now)
    leave_league(league_id=draft.league_id, user=teams[0].user, now=now + MINUTE)

    lifecycle.run_due(now + MINUTE)

    assert turn(draft) == (2, now + 90 * SECOND)


def test_the_turn_of_who_leaves_passes_on_with_its_whole_time(
    draft: Draft, teams: list[Constructor], now: datetime
) -> None:
    leave_league(league_id=draft.league_id, user=teams[0].user, now=now + MINUTE)

    lifecycle.run_due(now + MINUTE)

    assert turn(draft) == (2, now + MINUTE + 90 * SECOND)


def test_another_order_starts_the_clock_anew(
    draft: Draft, teams: list[Constructor], manager: User, now: datetime
) -> None:
    ids = [teams[1].pk, teams[0].pk, teams[2].pk]

    lifecycle.set_order(draft_id=draft.pk, constructor_ids=ids, actor=manager, now=now + MINUTE)

    assert turn(draft) == (1, now + MINUTE + 90 * SECOND)


def test_the_end_of_a_draft_stops_its_clock(
    draft: Draft, teams: list[Constructor], take: Take, manager: User, race: Race, now: datetime
) -> None:
    for place, team in enumerate([*teams, *reversed(teams)]):
        take(place, team, now)
    assert turn(draft) == (None, None)
    assert draft.status == "complete"

    control.pause_draft(draft_id=draft.pk, actor=manager, now=now)
    control.undo_pick(draft_id=draft.pk, actor=manager, now=now)
    control.resume_draft(draft_id=draft.pk, actor=manager, now=now + HOUR)
    assert turn(draft) == (6, now + HOUR + 90 * SECOND)

    lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)
    assert turn(draft) == (None, None)
    assert draft.events().filter(name="PickMade").last().data["current_pick"] is None


@pytest.mark.parametrize("pauses", [False, True])
def test_a_void_draft_has_no_clock(draft: Draft, manager: User, now: datetime, pauses: bool) -> None:
    if pauses:
        control.pause_draft(draft_id=draft.pk, actor=manager, now=now)

    control.void_draft(draft_id=draft.pk, reason="Rain", actor=manager, now=now)

    assert turn(draft) == (None, None)
    assert draft.time_left is None


def test_a_draft_of_a_race_that_is_back_has_a_clock_again(draft: Draft, race: Race, now: datetime) -> None:
    for status, at in ((Race.Status.CANCELLED, now), (Race.Status.SCHEDULED, now + HOUR)):
        Race.objects.filter(pk=race.pk).update(status=status)
        lifecycle.follow_race(draft_id=draft.pk, now=at)

    assert turn(draft) == (1, now + HOUR + 90 * SECOND)


def test_the_return_of_a_race_tells_the_turn_of_a_draft_that_was_paused(
    draft: Draft, teams: list[Constructor], race: Race, manager: User, now: datetime
) -> None:
    control.pause_draft(draft_id=draft.pk, actor=manager, now=now)
    for status in (Race.Status.CANCELLED, Race.Status.SCHEDULED):
        Race.objects.filter(pk=race.pk).update(status=status)
        lifecycle.follow_race(draft_id=draft.pk, now=now)

    assert turn(draft) == (1, None)
    told = draft.events().last()
    assert (told.name, told.data["current_pick"]["constructor"]) == ("DraftMoved", teams[0].pk)


def test_a_race_that_moves_far_starts_all_over(
    draft: Draft, race: Race, teams: list[Constructor], now: datetime
) -> None:
    settle_clock(draft_id=draft.pk, now=now + 92 * SECOND)
    far = timedelta(days=10)
    Race.objects.filter(pk=race.pk).update(starts_at=race.starts_at + far, qualifying_at=race.qualifying_at + far)

    lifecycle.follow_race(draft_id=draft.pk, now=now + MINUTE)

    assert turn(draft) == (None, None)
    assert lifecycle.open_draft(draft_id=draft.pk, actor=None, now=now + HOUR).misses == {}


def test_a_race_that_moves_a_little_takes_the_end_of_the_turn_with_it(
    draft: Draft, manager: User, race: Race, now: datetime
) -> None:
    control.set_clock(draft_id=draft.pk, pick_seconds=3_600, actor=manager, now=now)
    sooner = draft.locks_at - now - 20 * MINUTE
    Race.objects.filter(pk=race.pk).update(qualifying_at=race.qualifying_at - sooner)

    lifecycle.follow_race(draft_id=draft.pk, now=now)

    assert turn(draft) == (1, now + 20 * MINUTE)


def test_a_draft_without_a_clock_has_no_deadlines(league: League, race: Race, manager: User, now: datetime) -> None:
    league.pick_seconds = None
    league.save()

    draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=now)

    assert turn(draft) == (1, None)
    control.pause_draft(draft_id=draft.pk, actor=manager, now=now)
    control.resume_draft(draft_id=draft.pk, actor=manager, now=now)
    assert turn(draft) == (1, None)
    settle_clock(draft_id=draft.pk, now=now + HOUR)
    assert turn(draft) == (1, None)


def test_a_draft_opens_with_the_clock_of_its_league_and_keeps_it(
    league: League, race: Race, manager: User, now: datetime
) -> None:
    draft = lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now)
    assert draft.clock.pick_seconds == 90
    night = {"quiet_from": time(22), "quiet_until": time(8), "time_zone": "Europe/Berlin"}
    League.objects.filter(pk=league.pk).update(pick_seconds=7_200, **night)

    lifecycle.open_draft(draft_id=draft.pk, actor=manager, now=now)
    League.objects.filter(pk=league.pk).update(pick_seconds=60, quiet_from=None, quiet_until=None, time_zone="UTC")

    draft.refresh_from_db()
    kept = (draft.pick_seconds, draft.quiet_from, draft.quiet_until, draft.time_zone)
    assert kept == (7_200, time(22), time(8), "Europe/Berlin")
    assert draft.clock == draft


def test_a_slow_clock_rests_at_night_and_a_live_one_does_not(
    league: League, race: Race, manager: User, now: datetime
) -> None:
    evening = now.replace(hour=19, minute=30)  # half past nine in Berlin
    night = {"quiet_from": time(22), "quiet_until": time(8), "time_zone": "Europe/Berlin"}
    League.objects.filter(pk=league.pk).update(pick_seconds=3_600, **night)
    draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=evening)
    assert turn(draft) == (1, evening + 11 * HOUR)

    control.set_clock(draft_id=draft.pk, pick_seconds=300, actor=manager, now=evening + HOUR)

    assert turn(draft) == (1, evening + HOUR + 300 * SECOND)


def test_the_turns_share_what_is_left_until_the_lock(draft: Draft, manager: User) -> None:
    late = draft.locks_at - 12 * MINUTE

    control.set_clock(draft_id=draft.pk, pick_seconds=300, actor=manager, now=late)

    assert turn(draft) == (1, late + 2 * MINUTE)


def test_no_deadline_is_after_the_lock(draft: Draft, manager: User, names: Callable[[], list[str]]) -> None:
    late = draft.locks_at - 30 * SECOND

    control.set_clock(draft_id=draft.pk, pick_seconds=300, actor=manager, now=late)

    assert turn(draft) == (1, draft.locks_at)
    for at in (draft.locks_at, draft.locks_at + MINUTE):
        assert not draft.is_due(at)
        settle_clock(draft_id=draft.pk, now=at)
    assert names()[-1] == "ClockChanged"
    assert not Draft.objects.due_on_the_clock(draft.locks_at + MINUTE).exists()


# Pauses -----------------------------------------------------------------------------------------


def test_a_pause_keeps_the_rest_of_the_turn(draft: Draft, manager: User, now: datetime) -> None:
    control.pause_draft(draft_id=draft.pk, actor=manager, now=now + 20 * SECOND)
    assert turn(draft) == (1, None)
    assert draft.time_left == time_for_turn(draft, now + HOUR) == 70 * SECOND

    control.resume_draft(draft_id=draft.pk, actor=manager, now=now + HOUR)

    assert turn(draft) == (1, now + HOUR + 70 * SECOND)
    assert draft.time_left is None


def test_a_pause_keeps_waking_hours(league: League, race: Race, manager: User, now: datetime) -> None:
    """Paused in the afternoon with three of eight hours gone, resumed in the night."""
    League.objects.filter(pk=league.pk).update(pick_seconds=28_800, quiet_from=time(22), quiet_until=time(8))
    draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=now)
    Draft.objects.filter(pk=draft.pk).update(deadline_at=now + 8 * HOUR)

    control.pause_draft(draft_id=draft.pk, actor=manager, now=now + 3 * HOUR)
    control.resume_draft(draft_id=draft.pk, actor=manager, now=now + 14 * HOUR)

    assert turn(draft) == (1, now.replace(hour=8) + timedelta(days=1) + 5 * HOUR)


def test_a_turn_that_comes_in_a_pause_has_its_whole_time_after_it(
    draft: Draft, teams: list[Constructor], take: Take, manager: User, now: datetime
) -> None:
    take(0, teams[0], now)
    control.pause_draft(draft_id=draft.pk, actor=manager, now=now + MINUTE)

    control.undo_pick(draft_id=draft.pk, actor=manager, now=now + MINUTE)
    assert turn(draft) == (1, None)
    assert draft.time_left is None
    assert time_for_turn(draft, now + MINUTE) == 90 * SECOND
    control.resume_draft(draft_id=draft.pk, actor=manager, now=now + HOUR)

    assert turn(draft) == (1, now + HOUR + 90 * SECOND)


def test_a_pause_stops_a_turn_only_before_its_end(draft: Draft, manager: User, now: datetime) -> None:
    paused = control.pause_draft(draft_id=draft.pk, actor=manager, now=now + 2 * MINUTE)

    assert paused.status == "paused"
    assert turn(draft) == (2, None)
    assert draft.time_left == 90 * SECOND


def test_nothing_runs_out_in_a_pause(draft: Draft, manager: User, now: datetime) -> None:
    control.pause_draft(draft_id=draft.pk, actor=manager, now=now)

    settle_clock(draft_id=draft.pk, now=now + HOUR)

    assert not draft.picks.exists()


# The time runs out ------------------------------------------------------------------------------


def test_the_autopick_takes_a_turn_whose_time_has_run_out_once(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime, names: Callable[[], list[str]]
) -> None:
    late = now + 95 * SECOND
    for _ in range(2):
        settle_clock(draft_id=draft.pk, now=late)

    pick = draft.picks.get()
    assert (pick.constructor, pick.driver, pick.source, pick.made_by) == (teams[0], drivers[0], "auto", None)
    assert pick.reason.startswith("Time ran out. ")
    assert turn(draft) == (2, late + 90 * SECOND)
    assert draft.misses == {str(teams[0].pk): 1}
    assert names()[2:] == ["PickMade"]


def test_a_queue_goes_first(draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime) -> None:
    queues.set_queue(draft_id=draft.pk, constructor=teams[0], driver_ids=[drivers[7].pk], actor=teams[0].user, now=now)

    settle_clock(draft_id=draft.pk, now=now + 2 * MINUTE)

    pick = draft.picks.get()
    assert (pick.driver, pick.source) == (drivers[7], "queue")
    assert pick.reason.startswith("Time ran out. ")


def test_a_pick_that_was_on_its_way_counts(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], take: Take, now: datetime
) -> None:
    settle_clock(draft_id=draft.pk, now=now + 91.9 * SECOND)

    take(5, teams[0], now + 91.9 * SECOND)

    assert draft.picks.get().driver == drivers[5]


def test_a_pick_that_comes_too_late_finds_the_turn_taken(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], take: Take, now: datetime
) -> None:
    with pytest.raises(NotOnTheClock):
        take(5, teams[0], now + 92 * SECOND)

    assert draft.picks.get().driver == drivers[0]


def test_a_late_click_on_whom_the_autopick_took_is_content(
    draft: Draft, teams: list[Constructor], take: Take, now: datetime
) -> None:
    made = take(0, teams[0], now + 92 * SECOND)

    assert made == draft.picks.get()
    assert made.source == "auto"


def test_whoever_looks_settles_it(draft: Draft, manager: User, now: datetime) -> None:
    with time_machine.travel(now + 95 * SECOND, tick=False):
        seen = find_draft(manager, draft.league_id, draft.race_id)

    assert seen.current_pick == 2
    assert seen.picks.count() == 1


def test_a_draft_with_everybody_absent_ends_by_itself(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime, names: Callable[[], list[str]]
) -> None:
    """Beat looks every second."""
    at = now
    while Draft.objects.filter(pk=draft.pk, status="open"):
        at += SECOND
        lifecycle.run_clocks(at)

    assert [pick.driver for pick in draft.picks.order_by("pick_number")] == drivers[:6]
    assert names()[2:] == [*["PickMade"] * 6, "DraftCompleted"]
    assert at - now == 6 * 92 * SECOND  # nobody can miss a third turn, which would be shorter


def test_who_missed_two_turns_has_a_tenth_until_they_are_back(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], take: Take, manager: User, now: datetime
) -> None:
    at = now
    for _ in range(6):
        at += 2 * MINUTE
        settle_clock(draft_id=draft.pk, now=at)
    act = {"draft_id": draft.pk, "actor": manager, "now": at}
    control.pause_draft(**act)
    control.undo_pick(to_pick_number=5, **act)
    control.resume_draft(**act)
    assert turn(draft) == (5, at + 9 * SECOND)

    take(10, teams[1], at)
    assert turn(draft) == (6, at + 9 * SECOND)
    assert draft.misses == {str(teams[0].pk): 2, str(teams[2].pk): 2}

    control.pause_draft(**act)
    control.undo_pick(to_pick_number=5, **act)
    control.resume_draft(**act)
    assert turn(draft) == (5, at + 90 * SECOND)


@pytest.mark.parametrize("does", ["queue", "season list", "autopick"])
def test_whatever_the_player_does_ends_the_short_time(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime, does: str
) -> None:
    Draft.objects.filter(pk=draft.pk).update(misses={str(team.pk): 2 for team in teams})
    player = {"constructor": teams[2], "actor": teams[2].user, "now": now}

    match does:
        case "queue":
            queues.set_queue(draft_id=draft.pk, driver_ids=[], **player)
        case "season list":
            queues.set_season_list(driver_ids=[], never_ids=[], **player)
        case _:
            set_autopilot(draft_id=draft.pk, mode="off", **player)

    draft.refresh_from_db()
    assert set(draft.misses) == {str(teams[0].pk), str(teams[1].pk)}


def test_a_manager_who_picks_for_a_team_does_not_bring_it_back(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    Draft.objects.filter(pk=draft.pk).update(misses={str(teams[0].pk): 2})

    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=manager, now=now + MINUTE)

    draft.refresh_from_db()
    assert draft.misses == {str(teams[0].pk): 2}


# Managers who pick for others --------------------------------------------------------------------


def test_a_manager_waits_until_half_of_the_time_has_gone(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    act = {"draft_id": draft.pk, "actor": manager}
    early, half = now + 44 * SECOND, now + 45 * SECOND

    for refused in (
        lambda: make_pick(**act, constructor=teams[0], driver=drivers[0], now=early),
        lambda: control.autopick_for(**act, pick_number=1, now=early),
    ):
        with pytest.raises(TooEarlyToPickFor, match=f"{teams[0]} has time left"):
            refused()
    made = make_pick(**act, constructor=teams[0], driver=drivers[0], now=half)
    control.autopick_for(**act, pick_number=2, now=half + 45 * SECOND)

    assert made.pick_number == 1
    assert draft.picks.count() == 2


def test_half_of_a_turn_is_half_of_what_it_has_in_all_whatever_pauses_lie_in_it(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    """Here a tenth, for a team that missed two turns; and quiet hours do not count."""
    draft = _anew(draft, manager, now, pick_seconds=36_000, misses={str(teams[0].pk): 2})
    assert draft.turn_time == HOUR
    act = {"draft_id": draft.pk, "actor": manager}

    control.pause_draft(**act, now=now + 20 * MINUTE)
    control.resume_draft(**act, now=now + 5 * HOUR)
    with pytest.raises(TooEarlyToPickFor):
        control.autopick_for(**act, pick_number=1, now=now + 5 * HOUR + 9 * MINUTE)
    control.autopick_for(**act, pick_number=1, now=now + 5 * HOUR + 10 * MINUTE)

    assert draft.picks.count() == 1


def _anew(draft: Draft, manager: User, now: datetime, *, pick_seconds: int, misses: dict[str, int]) -> Draft:
    """The draft, with another clock for the turn that is on it."""
    Draft.objects.filter(pk=draft.pk).update(misses=misses)
    return control.set_clock(draft_id=draft.pk, pick_seconds=pick_seconds, actor=manager, now=now)


def test_who_comes_too_late_to_let_the_autopick_pick_finds_that_it_has(
    draft: Draft, teams: list[Constructor], manager: User, now: datetime
) -> None:
    control.autopick_for(draft_id=draft.pk, pick_number=1, actor=manager, now=now + 92 * SECOND, reason="Asleep")

    assert draft.picks.get().reason.startswith("Time ran out. ")


def test_beat_settles_every_draft_that_it_can(draft: Draft, teams: list[Constructor], now: datetime) -> None:
    race = RaceFactory(starts_at=now + timedelta(days=4), entries=4)
    broken = LeagueFactory(season=race.season, pick_seconds=90)
    ConstructorFactory(league=broken)
    other, _ = lifecycle.initialize_draft(league_id=broken.pk, race_id=race.pk, actor=broken.creator, now=now)
    Draft.objects.filter(pk=other.pk).update(order_data=[0], deadline_at=now)

    with time_machine.travel(now + 95 * SECOND, tick=False), pytest.raises(ExceptionGroup, match="could not go on"):
        settle_clocks()

    assert draft.picks.get().constructor == teams[0]


# The manager changes the clock ------------------------------------------------------------------


def test_another_clock_starts_the_turn_anew(
    draft: Draft, manager: User, now: datetime, names: Callable[[], list[str]]
) -> None:
    act = {"draft_id": draft.pk, "actor": manager, "now": now + MINUTE}
    for _ in range(2):
        control.set_clock(pick_seconds=120, reason=" Slow wifi ", **act)

    assert turn(draft) == (1, now + 3 * MINUTE)
    assert names()[2:] == ["ClockChanged"]
    event = draft.events().last()
    assert event.actor == manager
    assert (event.data["pick_seconds"], event.data["reason"]) == (120, "Slow wifi")
    assert event.data["current_pick"]["deadline"] == (now + 3 * MINUTE).isoformat()


def test_a_clock_can_be_taken_off_and_put_on(draft: Draft, manager: User, now: datetime) -> None:
    act = {"draft_id": draft.pk, "actor": manager, "now": now}

    control.set_clock(pick_seconds=None, **act)
    assert turn(draft) == (1, None)

    control.pause_draft(**act)
    control.set_clock(pick_seconds=86_400, **act)
    assert turn(draft) == (1, None)
    control.set_clock(pick_seconds=15, **act)
    control.resume_draft(**act)
    assert turn(draft) == (1, now + 15 * SECOND)


@pytest.mark.parametrize("seconds", [-1, 0, 14, 301, 3_599, 86_401])
def test_a_clock_gives_seconds_or_hours(draft: Draft, manager: User, now: datetime, seconds: int) -> None:
    with pytest.raises(Invalid, match="15 to 300 seconds, or 1 to 24 hours") as refused:
        control.set_clock(draft_id=draft.pk, pick_seconds=seconds, actor=manager, now=now)

    assert refused.value.field == "pick_seconds"


def test_only_managers_change_the_clock_and_only_of_a_draft_that_runs(
    draft: Draft, teams: list[Constructor], manager: User, now: datetime
) -> None:
    for actor, at, status, error in (
        (teams[0].user, now, "open", NotAllowed),
        (manager, draft.locks_at, "open", RaceLocked),
        (manager, now, "scheduled", DraftNotRunning),
        (manager, now, "void", DraftNotRunning),
    ):
        Draft.objects.filter(pk=draft.pk).update(status=status)
        with pytest.raises(error):
            control.set_clock(draft_id=draft.pk, pick_seconds=60, actor=actor, now=at)


# Reasons ----------------------------------------------------------------------------------------


def test_each_power_is_logged_with_its_reason(league: League, race: Race, manager: User, now: datetime) -> None:
    act = {"actor": manager, "now": now, "reason": " Pizza is here "}
    draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, **act)
    team = Constructor.objects.get(pk=on_the_clock(draft))
    ids = draft.order_data[::-1]
    lifecycle.set_order(draft_id=draft.pk, constructor_ids=ids, **act)
    team = Constructor.objects.get(pk=ids[0])
    driver = race.entries.first().driver
    make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=now)
    control.pause_draft(draft_id=draft.pk, **act)
    control.undo_pick(draft_id=draft.pk, **act)
    control.resume_draft(draft_id=draft.pk, **act)
    control.set_clock(draft_id=draft.pk, pick_seconds=None, **act)

    told = draft.events().exclude(name__in=["DraftScheduled", "PickMade"])
    assert [(event.name, event.data["reason"]) for event in told] == [
        (name, "Pizza is here")
        for name in ("DraftOpened", "OrderChanged", "DraftPaused", "PicksUndone", "DraftResumed", "ClockChanged")
    ]


def test_a_reason_is_short(draft: Draft, manager: User, now: datetime, names: Callable[[], list[str]]) -> None:
    with pytest.raises(Invalid) as refused:
        control.pause_draft(draft_id=draft.pk, actor=manager, now=now, reason="x" * 201)

    assert refused.value.field == "reason"
    assert "DraftPaused" not in names()
    control.pause_draft(draft_id=draft.pk, actor=manager, now=now, reason="x" * 200)
    assert names()[-1] == "DraftPaused"
