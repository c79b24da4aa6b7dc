"""Whatever is done to a draft, in whatever order: its rules hold, and its log alone tells how it stands."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from drafts import control, lifecycle, order
from drafts.models import ROUNDS, Draft
from drafts.picks import free_drivers, make_pick, set_autopilot
from drafts.replay import Made, State, replay, states
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.models import EventLog
from leagues.membership import join_league, leave_league, offer_team
from leagues.models import Constructor, League
from races.models import Driver, Race
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, UserFactory

NOW = datetime(2026, 7, 22, 9, tzinfo=UTC)
TEAMS = 3
ENTERED = 5
"""One driver short, so that drafts also end for want of drivers."""


def log_of(*told: tuple[str, dict[str, Any]]) -> list[EventLog]:
    """A log of a draft of teams 1 and 2 that has opened, and then of what is ``told``."""
    opened = [
        ("DraftScheduled", {"commitment": ""}),
        ("DraftOpened", {"order": [1, 2], "seed": "", "pick_seconds": 90}),
    ]
    return [EventLog(version=n, name=name, data=data) for n, (name, data) in enumerate([*opened, *told], start=1)]


def picked(number: int, team: int) -> tuple[str, dict[str, Any]]:
    data = {"pick_number": number, "constructor_id": team, "driver_id": 10 + number, "source": "player"}
    return "PickMade", data


def moved(*, reset: bool) -> tuple[str, dict[str, Any]]:
    return "DraftMoved", {"opens_at": "", "locks_at": "", "reset": reset}


def test_a_log_of_nothing_is_no_draft_yet() -> None:
    assert replay([]) == State()


def test_the_state_after_each_event() -> None:
    log = log_of(picked(1, 1), ("ClockChanged", {"pick_seconds": None}), picked(2, 2))

    stood = list(states(log))

    assert [state.version for state in stood] == [1, 2, 3, 4, 5]
    assert [state.status for state in stood] == ["scheduled", "open", "open", "open", "open"]
    assert [len(state.picks) for state in stood] == [0, 0, 1, 1, 2]
    assert [state.pick_seconds for state in stood] == [None, 90, 90, None, None]
    assert stood[-1].picks == {1: Made(1, 11, "player"), 2: Made(2, 12, "player")}
    assert replay(log[:3]) == stood[2]


def test_the_turn_is_that_of_the_order_where_the_log_does_not_tell_it() -> None:
    log = log_of(picked(1, 1), picked(2, 2))

    turn = {"pick_number": 3, "round": 2, "constructor": 2, "deadline": None}
    assert replay(log).current_pick == turn
    assert replay(log, method="sequential").current_pick == {**turn, "constructor": 1}
    assert replay(log_of(*[picked(number, team) for number, team in enumerate([1, 2, 2, 1], 1)])).current_pick is None


def test_the_turn_is_that_which_the_log_tells() -> None:
    turn = {"pick_number": 2, "round": 1, "constructor": 2, "deadline": "2026-07-22T09:01:30+00:00"}
    name, data = picked(1, 1)

    assert replay(log_of((name, {**data, "current_pick": turn}))).current_pick == turn
    assert replay(log_of((name, {**data, "current_pick": None}))).current_pick is None


def test_a_race_that_moves_a_little_changes_nothing() -> None:
    assert replay(log_of(picked(1, 1), moved(reset=False))).status == "open"


def test_a_race_that_moves_far_is_drafted_anew_in_the_same_order() -> None:
    state = replay(log_of(picked(1, 1), moved(reset=True)))

    assert (state.status, state.order, state.picks, state.current_pick) == ("scheduled", (1, 2), {}, None)


NO_PICKS_IN = (Draft.Status.PAUSED, Draft.Status.VOID)
Step = tuple[str, int]
numbers = st.integers(min_value=0, max_value=11)
phrases = st.sampled_from(
    [
        *[["pick"], ["pick", "pick"], ["pick", "pick", "pick", "pick"], ["manage"], ["on"], ["off"], ["order"]],
        *[["pause"], ["pause", "pick", "on"], ["resume"], ["undo"], ["back"]],
        *[["pause", "undo"], ["pause", "undo", "pick", "resume"], ["pause", "back", "resume"]],
        *[["cancel", "bring back"], ["pause", "cancel", "pick", "bring back"], ["cancel", "beat"], ["bring back"]],
        *[["leave"], ["take over"], ["beat"]],
    ]
)
"""What is done at one go, so that things that are rare by themselves come after each other, too."""
steps = st.lists(
    phrases.flatmap(lambda phrase: st.tuples(*(st.tuples(st.just(what), numbers) for what in phrase))),
    min_size=4,
    max_size=12,
).map(lambda said: [step for phrase in said for step in phrase])
ends = st.sampled_from([[], ["lock"], ["void", "pick", "cancel", "bring back", "beat"]])


class TestSequences(TestCase):
    @given(done=steps, end=ends, method=st.sampled_from(League.DraftMethod.values))
    @settings(max_examples=40, deadline=None)
    def test_rules_hold_and_the_log_tells_how_the_draft_stands(
        self, done: list[Step], end: list[str], method: str
    ) -> None:
        race = RaceFactory(starts_at=NOW + timedelta(days=4), entries=ENTERED)
        league = LeagueFactory(season=race.season, draft_method=method)
        teams = ConstructorFactory.create_batch(TEAMS, league=league)
        drivers = [entry.driver for entry in race.entries.select_related("driver").order_by("pk")]
        draft = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=NOW)[0]
        # The order is drawn: one of our own, so that what fails once fails again.
        ids = [team.pk for team in teams]
        lifecycle.set_order(draft_id=draft.pk, constructor_ids=ids, actor=league.creator, now=NOW)

        for what, number in [*done, *((what, 1) for what in end)]:
            do(draft, teams, drivers, what, number)
            check(draft, drivers)


def do(draft: Draft, teams: list[Constructor], drivers: list[Driver], what: str, number: int) -> None:
    """One thing that somebody tries; a refusal must leave no trace."""
    act: dict[str, Any] = {"draft_id": draft.pk, "actor": draft.league.creator, "now": NOW}
    turn = Draft.objects.get(pk=draft.pk).current_pick
    stood, picked = Draft.objects.get(pk=draft.pk), picks_of(draft)
    team = teams[number % TEAMS]
    if what in ("pick", "manage") and turn and number:  # mostly by whose turn it is
        pk = order.on_turn(stood.order_data, stood.method, turn)
        team = next(team for team in teams if team.pk == pk)
    team = Constructor.objects.select_related("user").get(pk=team.pk)  # whoever has it now
    before = list(draft.events().values_list("version", "name"))
    try:
        match what:
            case "pick":
                make_pick(**{**act, "actor": team.user}, constructor=team, driver=drivers[number % ENTERED])
            case "manage":
                make_pick(**act, constructor=team, driver=drivers[number % ENTERED])
            case "pause":
                control.pause_draft(**act)
            case "resume":
                control.resume_draft(**act)
            case "undo":
                control.undo_pick(**act)
            case "back":
                control.undo_pick(**act, to_pick_number=number)
            case "order":
                active = list(draft.league.constructors.playing().values_list("pk", flat=True))
                by = number % (len(active) or 1)
                lifecycle.set_order(**act, constructor_ids=active[by:] + active[:by])
            case "on" | "off":
                set_autopilot(constructor=team, on=what == "on", actor=team.user, now=NOW)
            case "leave":
                leave_league(league_id=draft.league_id, user=team.user, now=NOW)
                lifecycle.run_due(NOW)
            case "lock":
                lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)
            case "take over":
                to = UserFactory()
                offer_team(constructor_id=team.pk, to=to, actor=act["actor"], reason="Because", now=NOW)
                join_league(league_id=draft.league_id, user=to, team_name="", now=NOW)
            case "cancel" | "bring back":
                is_off = what == "cancel"
                Race.objects.filter(pk=draft.race_id).update(
                    status=Race.Status.CANCELLED if is_off else Race.Status.SCHEDULED
                )
                lifecycle.follow_race(draft_id=draft.pk, now=NOW)
            case "beat":
                lifecycle.run_due(NOW)
            case "void":
                control.void_draft(**act, reason="Because")
    except DomainError:
        assert list(draft.events().values_list("version", "name")) == before
    check_step(stood, picked, what)


def check_step(stood: Draft, picked: set[tuple[int, int]], what: str) -> None:
    """What the thing done may have changed in a draft that stood like this, with these picks."""
    stands = Draft.objects.get(pk=stood.pk)
    now_picked = picks_of(stood)
    if stood.status == Draft.Status.PAUSED and what not in ("resume", "lock", "void", "cancel"):
        assert stands.status == Draft.Status.PAUSED
    if stands.status == Draft.Status.PAUSED != stood.status:
        assert what in ("pause", "bring back")
    if what == "pause" and stood.status in Draft.RUNNING:
        assert stands.status == Draft.Status.PAUSED
    if (stood.status == Draft.Status.PAUSED and what not in ("resume", "lock")) or stands.status in NO_PICKS_IN:
        assert now_picked <= picked
    if stood.status != Draft.Status.PAUSED or what not in ("undo", "back"):
        assert picked <= now_picked or what == "leave"  # nothing is taken back but in a pause
    if lifecycle.stays_void(stood):
        assert (stands.status, now_picked) == (Draft.Status.VOID, picked)


def picks_of(draft: Draft) -> set[tuple[int, int]]:
    return set(draft.picks.values_list("pick_number", "driver_id"))


def check(draft: Draft, drivers: list[Driver]) -> None:
    stands = Draft.objects.get(pk=draft.pk)
    picks = {pick.pick_number: pick for pick in stands.picks.all()}

    log = list(stands.events().order_by("version"))
    assert [event.version for event in log] == list(range(1, stands.version + 1))
    told = replay(log, method=stands.method)
    stored = {number: (pick.constructor_id, pick.driver_id, pick.source) for number, pick in picks.items()}
    assert (told.version, told.status, told.order, told.picks, told.withdrawn) == (
        stands.version,
        stands.status,
        tuple(stands.order_data),
        stored,
        tuple(stands.withdrawn),
    )
    before = State()
    for event, state in zip(log, states(log, method=stands.method), strict=True):
        if event.name == "PicksUndone":
            undone = [before.picks[number].driver_id for number in sorted(before.picks.keys() - state.picks.keys())]
            assert event.data["released"] == undone
        before = state
    turn = told.current_pick["pick_number"] if told.current_pick else None
    assert stands.current_pick == (turn if free_drivers(stands) else None)

    turns = order.turns(stands.order_data, stands.method, ROUNDS)
    assert len({pick.driver_id for pick in picks.values()}) == len(picks)
    assert max(Counter(pick.constructor_id for pick in picks.values()).values(), default=0) <= ROUNDS
    assert all(pick.constructor_id == turns[number - 1] for number, pick in picks.items())
    played = [number for number, pk in enumerate(turns, start=1) if pk not in stands.withdrawn]
    assert sorted(picks) == played[: len(picks)]  # nobody's turn is left out
    assert not stands.current_pick or stands.current_pick == played[len(picks)]
