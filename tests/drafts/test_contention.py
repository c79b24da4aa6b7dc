"""Twenty clients at once: one winner. On PostgreSQL by row locks, on SQLite by immediate transactions."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine

from drafts import control, lifecycle, queues
from drafts.models import Draft, Pick, Queue
from drafts.picks import make_pick, set_autopilot
from drafts.queries import find_draft
from fantasy_f1.core.errors import DomainError
from leagues.models import Constructor
from races.models import Driver
from tests.contention import at_once, outcomes
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory

CLIENTS = 20


def open_draft(now: datetime, teams: int) -> Draft:
    race = RaceFactory(starts_at=now + timedelta(days=4), entries=22)
    league = LeagueFactory(season=race.season)
    ConstructorFactory.create_batch(teams, league=league)
    return lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=now)[0]


@pytest.mark.django_db(transaction=True)
def test_one_turn_has_one_winner(now: datetime) -> None:
    """Twenty clients of one team try twenty drivers for the same turn."""
    draft = open_draft(now, teams=2)
    team = Constructor.objects.select_related("user").get(pk=draft.order_data[0])
    drivers = [entry.driver for entry in draft.race.entries.select_related("driver")[:CLIENTS]]

    def pick(driver: Driver) -> Callable[[], Pick]:
        return lambda: make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=now)

    outcomes = at_once([pick(driver) for driver in drivers])

    codes = Counter(getattr(outcome, "code", "won") for outcome in outcomes)
    assert codes == {"won": 1, "not_on_the_clock": CLIENTS - 1}
    assert [p for p in outcomes if isinstance(p, Pick)] == list(draft.picks.all())


@pytest.mark.django_db(transaction=True)
def test_one_driver_has_one_winner(now: datetime) -> None:
    """Twenty clients repeat the pick of one driver, half of them for a team that is not on the clock yet."""
    draft = open_draft(now, teams=2)
    first, second = (Constructor.objects.select_related("user").get(pk=pk) for pk in draft.order_data)
    driver = draft.race.entries.select_related("driver")[0].driver

    def pick(team: Constructor) -> Callable[[], Pick]:
        return lambda: make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=now)

    outcomes = at_once([pick(team) for team in [first, second] * (CLIENTS // 2)])

    picks = {outcome for outcome in outcomes if isinstance(outcome, Pick)}
    refusals = {outcome.code for outcome in outcomes if isinstance(outcome, DomainError)}
    assert picks == set(draft.picks.all())
    assert len(picks) == 1
    assert refusals <= {"not_on_the_clock", "driver_taken"}
    assert sum(isinstance(outcome, Pick) for outcome in outcomes) == CLIENTS // 2


@pytest.mark.django_db(transaction=True)
def test_the_same_driver_in_two_drafts_of_a_race_is_no_conflict(now: datetime) -> None:
    draft = open_draft(now, teams=2)
    other_league = LeagueFactory(season=draft.race.season)
    ConstructorFactory.create_batch(2, league=other_league)
    other = lifecycle.initialize_draft(
        league_id=other_league.pk, race_id=draft.race_id, actor=other_league.creator, now=now
    )[0]
    driver = draft.race.entries.select_related("driver")[0].driver

    def pick(in_draft: Draft) -> Callable[[], Pick]:
        team = Constructor.objects.select_related("user").get(pk=in_draft.order_data[0])
        return lambda: make_pick(draft_id=in_draft.pk, constructor=team, driver=driver, actor=team.user, now=now)

    outcomes = at_once([pick(draft), pick(other)])

    assert all(isinstance(outcome, Pick) for outcome in outcomes)


@pytest.mark.django_db(transaction=True)
def test_a_draft_is_scheduled_once_however_many_ask(now: datetime) -> None:
    race = RaceFactory(starts_at=now + timedelta(days=4), entries=22)
    league = LeagueFactory(season=race.season)
    ConstructorFactory.create_batch(2, league=league)

    def schedule() -> Draft:
        return lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now)

    outcomes = at_once([schedule] * 8)

    assert set(outcomes) == set(Draft.objects.all())
    assert Draft.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_pause_and_its_end_are_recorded_once_however_many_ask(now: datetime) -> None:
    draft = open_draft(now, teams=2)
    act = {"draft_id": draft.pk, "actor": draft.league.creator, "now": now}

    for command in (control.pause_draft, control.resume_draft):
        assert all(isinstance(outcome, Draft) for outcome in at_once([lambda do=command: do(**act)] * 8))

    assert list(draft.events().values_list("name", flat=True))[2:] == ["DraftPaused", "DraftResumed"]


@pytest.mark.django_db(transaction=True)
def test_a_pick_comes_before_a_pause_or_not_at_all(now: datetime) -> None:
    draft = open_draft(now, teams=2)
    team = Constructor.objects.select_related("user").get(pk=draft.order_data[0])
    driver = draft.race.entries.select_related("driver")[0].driver

    def pick() -> Pick:
        return make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=now)

    def pause() -> Draft:
        return control.pause_draft(draft_id=draft.pk, actor=draft.league.creator, now=now)

    made = outcomes([pick, pause])

    names = list(draft.events().values_list("name", flat=True))[2:]
    assert (made, names) in (
        (Counter(won=2), ["PickMade", "DraftPaused"]),
        (Counter(won=1, draft_not_open=1), ["DraftPaused"]),
    )


@pytest.mark.django_db(transaction=True)
def test_picks_are_undone_once_however_many_ask(now: datetime) -> None:
    draft = open_draft(now, teams=2)
    team = Constructor.objects.select_related("user").get(pk=draft.order_data[0])
    driver = draft.race.entries.select_related("driver")[0].driver
    make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=now)
    act = {"draft_id": draft.pk, "actor": draft.league.creator, "now": now}
    control.pause_draft(**act)

    made = outcomes([lambda: control.undo_pick(to_pick_number=1, **act)] * 8)

    assert made == {"won": 8}
    assert draft.events().filter(name="PicksUndone").count() == 1
    assert not draft.picks.exists()


@pytest.mark.django_db(transaction=True)
def test_a_draft_is_locked_or_void_but_never_both(now: datetime) -> None:
    """The clockwork locks it while managers, whose watches are slow, make it void."""
    draft = open_draft(now, teams=2)

    def void() -> Draft:
        return control.void_draft(draft_id=draft.pk, reason="Because", actor=draft.league.creator, now=now)

    def lock() -> Draft:
        return lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)

    made = outcomes([void, lock] * 4)

    names = [name for name in draft.events().values_list("name", flat=True) if name in ("DraftVoided", "DraftLocked")]
    assert (made, names) in (
        (Counter(won=8), ["DraftVoided"]),
        (Counter(won=4, race_locked=4), ["DraftLocked"]),
    )


@pytest.mark.django_db(transaction=True)
def test_one_queue_is_kept_however_many_are_sent(now: datetime) -> None:
    draft = open_draft(now, teams=2)
    team = Constructor.objects.select_related("user").get(pk=draft.order_data[0])
    ids = list(draft.race.entries.values_list("driver", flat=True))[:8]

    def put(pk: int) -> Callable[[], list[int]]:
        return lambda: queues.set_queue(draft_id=draft.pk, constructor=team, driver_ids=[pk], actor=team.user, now=now)

    assert outcomes([put(pk) for pk in ids]) == {"won": 8}
    assert Queue.objects.get().driver_ids in [[pk] for pk in ids]


@pytest.mark.parametrize("late", [timedelta(seconds=1), timedelta(seconds=3)])
@pytest.mark.django_db(transaction=True)
def test_a_turn_whose_time_has_run_out_is_settled_once_whoever_notices(now: datetime, late: timedelta) -> None:
    """Beat, people who look at the room, and the picker's own click that comes a second or three after the end."""
    draft = open_draft(now, teams=2)
    Draft.objects.filter(pk=draft.pk).update(pick_seconds=90, deadline_at=now - late)
    team, other = (Constructor.objects.select_related("user").get(pk=pk) for pk in draft.order_data)
    driver = draft.race.entries.select_related("driver").order_by("pk").last().driver

    def beat() -> None:
        lifecycle.run_clocks(now)

    def look() -> Draft:
        return find_draft(other.user, draft.league_id, draft.race_id)

    def click() -> Pick:
        return make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=now)

    with time_machine.travel(now, tick=False):
        results = at_once([beat, look, click] * 4)

    pick, draft = draft.picks.get(), Draft.objects.get(pk=draft.pk)
    in_time = late == timedelta(seconds=1)
    assert (pick.driver == driver, pick.source == "player") == (in_time, in_time)
    assert {getattr(result, "code", result) for result in results[2::3]} == {pick if in_time else "not_on_the_clock"}
    assert list(draft.events().values_list("name", flat=True))[2:] == ["PickMade"]
    assert draft.misses == ({} if in_time else {str(team.pk): 1})
    assert (draft.current_pick, draft.deadline_at) == (2, now + timedelta(seconds=90))


@pytest.mark.django_db(transaction=True)
def test_one_turn_goes_to_the_player_to_their_autopick_or_to_that_which_a_manager_lets_pick(now: datetime) -> None:
    """In a snake of one team the next turn is its own again: whoever asks twice must not take that, too."""
    draft = open_draft(now, teams=1)
    team = Constructor.objects.select_related("user").get(pk=draft.order_data[0])
    driver = draft.race.entries.select_related("driver")[5].driver
    act = {"draft_id": draft.pk, "now": now}

    def pick() -> Pick:
        return make_pick(**act, constructor=team, driver=driver, actor=team.user)

    def switch() -> None:
        set_autopilot(**act, constructor=team, mode="pick", pick_number=1, actor=team.user)

    def let() -> Draft:
        return control.autopick_for(**act, pick_number=1, actor=draft.league.creator)

    at_once([switch, let] * 8)
    outcomes = at_once([pick, switch, let] * 4)

    assert not [outcome for outcome in outcomes if isinstance(outcome, DomainError)]
    first, second = draft.picks.order_by("pick_number")
    assert (first.source, second.source) == ("auto", "player")
