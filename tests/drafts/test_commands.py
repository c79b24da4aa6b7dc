"""Whatever anybody does to a draft, in whatever order: its rules hold, and its log alone tells how it stands."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from django.db import transaction
from django.db.models import Model
from django.test import TestCase
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from drafts import control, lifecycle, order, queues
from drafts.clock import GRACE, time_between
from drafts.models import ROUNDS, Autopilot, Draft, Pick, Queue, SeasonList
from drafts.picks import make_pick, set_autopilot, set_autopilot_everywhere, settle_clock
from drafts.replay import State, replay, states
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.models import EventLog
from leagues.membership import join_league, leave_league, offer_team, remove_constructor
from leagues.models import Constructor, League
from races.calendar import cancel_race
from races.entries import set_entry
from races.models import Driver, Race, RaceEntry
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, UserFactory

NOW = datetime(2026, 7, 22, 9, tzinfo=UTC)
TEAMS = 3
ENTERED = 5
"""One driver short, so that drafts also end for want of drivers."""

OWNER, MANAGER, SOMEBODY = "owner", "manager", "somebody"
teams = st.integers(0, TEAMS - 1)
seats = st.sampled_from([None, None, None, None, *range(TEAMS)])
"""Whose move it is: mostly that of the team on the clock (``None``)."""
drivers = st.integers(0, ENTERED)
choices = st.sampled_from([None, None, None, None, *range(ENTERED + 1)])
"""Which driver: mostly one who can be had (``None``)."""
managers = st.sampled_from([MANAGER, MANAGER, MANAGER, MANAGER, OWNER, SOMEBODY])
players = st.sampled_from([OWNER, OWNER, OWNER, OWNER, OWNER, MANAGER, SOMEBODY])
clocks = st.sampled_from([None, 15, 90, 3_600, 86_400])
rarely = st.sampled_from([False, False, False, False, False, True])
heard = st.sampled_from([True, False])
"""Whether what is announced after the commit reaches anybody; what does not is mended by the next beat."""


SETTLES = ("pick", "pause", "let autopick", "look")
"""After these no turn stands whose time is over."""

Command = Callable[..., None]
COMMANDS: list[tuple[st.SearchStrategy[Command], st.SearchStrategy[dict[str, Any]]]] = []


def command(*, times: int = 1, **given: st.SearchStrategy[Any]) -> Callable[[Command], Command]:
    """A command of the room, called with what is ``given``; it comes so many ``times`` as often as others.

    The machine's one rule draws among these: rules of its own it would draw evenly, and hardly ever a draft's picks.
    """

    def register(do: Command) -> Command:
        COMMANDS.extend([(st.just(do), st.fixed_dictionaries(given))] * times)
        return do

    return register


class Room(RuleBasedStateMachine):
    """A league of three teams, with a manager who does not play and somebody who has no business there.

    The first team's owner manages, too. Of a race's six drivers five are entered.
    """

    draft: Draft

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    @initialize(
        method=st.sampled_from(League.DraftMethod.values),
        seconds=clocks,
        at_once=st.sampled_from([True, True, True, True, False]),
    )
    def a_league_is_about_to_draft(self, method: str, seconds: int | None, at_once: bool) -> None:
        self.now = NOW
        self.race = RaceFactory(starts_at=NOW + timedelta(days=9), entries=ENTERED + 1)
        self.league = LeagueFactory(
            season=self.race.season,
            draft_method=method,
            pick_seconds=seconds,
            quiet_from=time(22),
            quiet_until=time(8),
            time_zone="Europe/Rome",
        )
        self.teams = [team.pk for team in ConstructorFactory.create_batch(TEAMS, league=self.league)]
        self.manager, self.somebody = self.league.creator, UserFactory()
        self.league.managers.add(Constructor.objects.get(pk=self.teams[0]).user)
        self.entries = list(self.race.entries.select_related("driver", "team").order_by("pk"))
        for place, entry in enumerate(self.entries):
            entry.driver.price = Decimal(20 + 5 * place % 7)
        Driver.objects.bulk_update([entry.driver for entry in self.entries], ["price"])
        RaceEntry.objects.filter(pk=self.entries[-1].pk).update(status=RaceEntry.Status.WITHDRAWN)
        self.draft = lifecycle.schedule_draft(league_id=self.league.pk, race_id=self.race.pk, now=NOW)
        self.seen = Picture.of(self.draft.pk)
        if at_once:
            self.open(MANAGER)

    # What people do ----------------------------------------------------------------------------

    @command(times=8, moves=st.lists(st.tuples(seats, choices, players), min_size=1, max_size=5))
    def pick(self, moves: list[tuple[int | None, int | None, str]]) -> None:
        for team, driver, by in moves:
            self.pick_one(team, driver, by)

    def pick_one(self, team: int | None, driver: int | None, by: str) -> None:
        stood = self.seen.draft
        constructor = self.team(team)
        actor = self.person(by, constructor)
        entry = self.entry(driver)
        standing = next((pick for pick in self.seen.picks.values() if pick.driver_id == entry.driver_id), None)
        fits = (
            stood.status == Draft.Status.OPEN
            and self.is_unlocked(stood)
            and constructor.is_active
            and constructor.pk == turn_of(stood)
            and entry.status == RaceEntry.Status.ENTERED
            and standing is None
        )
        is_repeated = standing is not None and standing.constructor_id == constructor.pk
        is_owner = actor == constructor.user
        may = is_owner or (self.manages(actor) and (is_repeated or self.may_pick_for(stood, constructor)))

        made = self.attempt(
            "pick",
            lambda: make_pick(
                draft_id=stood.pk,
                constructor=constructor,
                driver=entry.driver,
                actor=actor,
                now=self.now,
                reason="" if is_owner else "On the phone",
            ),
        )

        if stood.is_due(self.now):  # the autopick was faster
            return
        assert made == (may and (fits or is_repeated))
        if made and not is_repeated:
            assert stood.current_pick
            pick = self.seen.picks[stood.current_pick]
            source = Pick.Source.PLAYER if is_owner else Pick.Source.MANAGER
            assert (pick.constructor_id, pick.driver_id, pick.source) == (constructor.pk, entry.driver_id, source)
            assert (pick.made_by_id, pick.made_at) == (actor.pk, self.now)

    @command(times=2, team=teams, wanted=st.lists(drivers, max_size=3), by=players)
    def queue(self, team: int, wanted: list[int], by: str) -> None:
        constructor = self.team(team)
        actor = self.person(by, constructor)
        ids = [self.entries[number].driver_id for number in wanted]
        done = self.attempt(
            "queue",
            lambda: queues.set_queue(
                draft_id=self.draft.pk, constructor=constructor, driver_ids=ids, actor=actor, now=self.now
            ),
        )
        assert not done or actor == constructor.user

    @command(team=teams, wanted=st.permutations(range(TEAMS + 1)), split=st.integers(0, TEAMS + 1), by=players)
    def season_list(self, team: int, wanted: list[int], split: int, by: str) -> None:
        constructor = self.team(team)
        actor = self.person(by, constructor)
        ids = [self.entries[number].driver_id for number in wanted]
        lists = {"driver_ids": ids[:split], "never_ids": ids[split:]}
        done = self.attempt(
            "season list",
            lambda: queues.set_season_list(constructor=constructor, **lists, actor=actor, now=self.now),
        )
        assert done == (actor == constructor.user and constructor.is_active)

    @command(times=2, team=seats, mode=st.sampled_from(["off", "pick", "pick", "draft", "always"]), by=players)
    def autopick(self, team: int | None, mode: str, by: str) -> None:
        stood = self.seen.draft
        constructor = self.team(team)
        actor = self.person(by, constructor)
        done = self.attempt("autopick", lambda: set_autopilot(**self.act(actor), constructor=constructor, mode=mode))
        if not stood.is_due(self.now):
            may = actor == constructor.user and constructor.is_active
            assert done == (may and stood.status != Draft.Status.VOID and self.is_unlocked(stood))

    @command(team=teams, on=st.booleans())
    def account_closes(self, team: int, on: bool) -> None:
        """Or is open again: the autopick stands in."""
        constructor = self.team(team)
        act = {"constructor": constructor, "actor": constructor.user, "now": self.now}
        self.attempt("autopick", lambda: set_autopilot_everywhere(**act, on=on))

    @command(by=managers, past=st.sampled_from([0, 0, 0, 1]))
    def let_autopick(self, by: str, past: int) -> None:
        number = (self.seen.draft.current_pick or 1) - past
        self.manage(
            by, "let autopick", lambda actor: control.autopick_for(**self.act(actor), pick_number=number, reason="Late")
        )

    @command(times=2, by=managers)
    def open(self, by: str) -> None:
        self.manage(
            by,
            "open",
            lambda actor: lifecycle.initialize_draft(
                league_id=self.league.pk, race_id=self.race.pk, actor=actor, now=self.now
            ),
        )

    @command(times=2, by=managers)
    def pause(self, by: str) -> None:
        self.manage(by, "pause", lambda actor: control.pause_draft(**self.act(actor)))

    @command(times=2, by=managers)
    def resume(self, by: str) -> None:
        self.manage(by, "resume", lambda actor: control.resume_draft(**self.act(actor)))

    @command(
        times=3,
        by=managers,
        number=st.sampled_from([None, None, None, *range(TEAMS * ROUNDS + 2)]),
        in_pause=st.sampled_from([True, True, False]),
    )
    def undo(self, by: str, number: int | None, in_pause: bool) -> None:
        if in_pause:
            self.pause(MANAGER)
        self.manage(by, "undo", lambda actor: control.undo_pick(**self.act(actor), to_pick_number=number))
        if in_pause:
            self.resume(MANAGER)

    @command(by=managers, seconds=clocks | st.sampled_from([14, 301]))
    def set_clock(self, by: str, seconds: int | None) -> None:
        self.manage(by, "clock", lambda actor: control.set_clock(**self.act(actor), pick_seconds=seconds))

    @command(by=managers, turned=teams, incomplete=st.sampled_from([False, False, False, True]))
    def set_order(self, by: str, turned: int, incomplete: bool) -> None:
        active = list(self.league.constructors.playing().order_by("pk").values_list("pk", flat=True))
        ids = [*active[turned:], *active[: 0 if incomplete else turned]]
        self.manage(by, "order", lambda actor: lifecycle.set_order(**self.act(actor), constructor_ids=ids))

    @command(by=managers, reason=st.sampled_from(["Because", ""]), sure=rarely)
    def void(self, by: str, reason: str, sure: bool) -> None:
        if sure:  # it is for good, and little can be done after it
            self.manage(by, "void", lambda actor: control.void_draft(**self.act(actor), reason=reason))

    @command(team=teams, reached=heard, removed=heard)
    def leave(self, team: int, reached: bool, removed: bool) -> None:
        constructor = self.team(team)
        act = {"now": self.now, "actor": self.manager, "constructor_id": constructor.pk, "reason": "Because"}
        leave = {"league_id": self.league.pk, "user": constructor.user, "now": self.now}
        self.attempt("leave", lambda: remove_constructor(**act) if removed else leave_league(**leave), reached=reached)

    @command(team=teams, reached=heard)
    def come_back(self, team: int, reached: bool) -> None:
        user = self.team(team).user
        self.attempt(
            "come back",
            lambda: join_league(league_id=self.league.pk, user=user, team_name="", now=self.now),
            reached=reached,
        )

    @command(team=teams, reached=heard)
    def take_over(self, team: int, reached: bool) -> None:
        to = UserFactory()
        act = {"to": to, "actor": self.manager, "reason": "Because", "now": self.now}
        self.attempt("offer", lambda: offer_team(constructor_id=self.teams[team], **act))
        self.attempt(
            "take over",
            lambda: join_league(league_id=self.league.pk, user=to, team_name="", now=self.now),
            reached=reached,
        )

    # What the world does -----------------------------------------------------------------------

    @command(driver=drivers, status=st.sampled_from([RaceEntry.Status.ENTERED, RaceEntry.Status.WITHDRAWN]))
    def entry_list_changes(self, driver: int, status: str) -> None:
        entry = self.entries[driver]
        line = {"driver": entry.driver, "team": entry.team, "number": None, "replaces": None, "status": status}
        self.attempt("entry", lambda: set_entry(race_id=self.race.pk, **line, actor=None, now=self.now))

    @command(reached=heard, for_now=st.sampled_from([True, True, True, False]))
    def race_is_cancelled(self, reached: bool, for_now: bool) -> None:
        self.attempt("cancel", lambda: cancel_race(self.race.pk, actor=None, now=self.now), reached=reached)
        if for_now:
            self.race_is_back_or_moves(days=0, reached=reached)

    @command(days=st.sampled_from([0, 0, 1, -1, 5]), reached=heard)
    def race_is_back_or_moves(self, days: int, reached: bool) -> None:
        by = timedelta(days=days)
        race = Race.objects.get(pk=self.race.pk)
        times = {"starts_at": race.starts_at + by, "qualifying_at": race.qualifying_at + by}
        if self.now < times["qualifying_at"]:
            Race.objects.filter(pk=race.pk).update(status=Race.Status.SCHEDULED, **times)
            if reached:
                self.attempt("calendar", lambda: lifecycle.follow_race(draft_id=self.draft.pk, now=self.now))

    @command(times=2, seconds=st.sampled_from([10, 17, 60, 3_600, 86_400]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @command(times=4, early=st.sampled_from([0, 0, 0, 1]), noticed_by=st.sampled_from(["beat", "viewer", "player"]))
    def time_runs_out(self, early: int, noticed_by: str) -> None:
        """Or nearly so: a second is left of the grace."""
        deadline = self.seen.draft.deadline_at
        if deadline is None:
            return
        self.now = max(self.now, deadline + GRACE - timedelta(seconds=early))
        if noticed_by == "beat":
            self.attempt("beat", lambda: lifecycle.run_clocks(self.now))
        elif noticed_by == "viewer":
            self.attempt("look", lambda: settle_clock(draft_id=self.draft.pk, now=self.now))
        else:
            self.pick_one(None, None, OWNER)

    @command()
    def beat(self) -> None:
        self.attempt("beat", lambda: lifecycle.run_due(self.now))

    @command(sure=rarely)
    def lock(self, sure: bool) -> None:
        if sure:  # little can be done after it
            self.now = max(self.now, self.seen.draft.locks_at)
            self.beat()

    # How it is done ----------------------------------------------------------------------------

    @rule(step=st.deferred(lambda: st.sampled_from(COMMANDS).flatmap(lambda parts: st.tuples(*parts))))
    def somebody_does_something(self, step: tuple["Command", dict[str, Any]]) -> None:
        do, given = step
        do(self, **given)

    def team(self, number: int | None) -> Constructor:
        """The team with this number, or that on the clock where there is one."""
        pk = self.teams[number or 0] if number is not None else turn_of(self.seen.draft) or self.teams[0]
        return Constructor.objects.select_related("user", "league").get(pk=pk)

    def entries_now(self) -> list[RaceEntry]:
        return list(self.race.entries.select_related("driver").order_by("pk"))

    def entry(self, number: int | None) -> RaceEntry:
        """That of the driver with this number, or of the first who can be drafted, if there is one."""
        entries = self.entries_now()
        if number is None:
            taken = {pick.driver_id for pick in self.seen.picks.values()}
            free = [entry for entry in entries if entry.status == "entered" and entry.driver_id not in taken]
            return free[0] if free else entries[0]
        return entries[number]

    def person(self, who: str, constructor: Constructor) -> User:
        return {OWNER: constructor.user, MANAGER: self.manager, SOMEBODY: self.somebody}[who]

    def is_unlocked(self, draft: Draft) -> bool:
        """Whether anything may be done to it, as far as its race is concerned."""
        race = Race.objects.get(pk=self.race.pk)
        return draft.status != Draft.Status.LOCKED and self.now < draft.locks_at and race.status == "scheduled"

    def may_pick_for(self, draft: Draft, constructor: Constructor) -> bool:
        """Whether a manager may pick for a team that is on the clock: without a queue, and late in its time."""
        taken = {pick.driver_id for pick in self.seen.picks.values()}
        free = set(self.race.entries.draftable().values_list("driver", flat=True)) - taken
        if any(free.intersection(queue.driver_ids) for queue in self.seen.of_team(Queue, constructor.pk)):
            return False
        if draft.deadline_at is None or draft.turn_time is None:
            return True
        return time_between(self.now, draft.deadline_at, draft.quiet) <= draft.turn_time / 2

    def manages(self, user: User) -> bool:
        return self.league.managers.filter(pk=user.pk).exists()

    def act(self, actor: User) -> dict[str, Any]:
        return {"draft_id": self.draft.pk, "actor": actor, "now": self.now}

    def manage(self, by: str, what: str, command: Callable[[User], object]) -> None:
        """A manager's command; as an owner, the second team's tries it."""
        actor = self.person(by, self.team(1))
        done = self.attempt(what, lambda: command(actor))
        assert not done or self.manages(actor)

    def attempt(self, what: str, action: Callable[[], object], *, reached: bool = True) -> bool:
        """Do it → whether it was allowed; a refusal must leave no trace, but that a turn is over whose time is."""
        before, allowed = self.seen, True
        was_due = before.draft.is_due(self.now)
        try:
            with TestCase.captureOnCommitCallbacks(execute=reached):
                action()
        except DomainError:
            allowed = False
        self.seen = Picture.of(self.draft.pk)
        if not was_due and not allowed:
            assert self.seen == before
        assert not (self.seen.draft.is_due(self.now) and what in SETTLES)
        if allowed:
            check_step(before, self.seen, what, was_due=was_due)
        self.check_picks(before)
        return allowed

    def check_picks(self, before: "Picture") -> None:
        """Nobody was picked who is not entered; who left it to the autopick got what they wish for."""
        entered = {entry.driver_id: entry.driver for entry in self.entries_now() if entry.status == "entered"}
        taken = {pick.driver_id for pick in before.picks.values()}
        for event in self.seen.log[len(before.log) :]:
            if event.name == "PickMade":
                free = {pk: driver for pk, driver in entered.items() if pk not in taken}
                assert event.data["driver_id"] in free
                if event.data["source"] in (Pick.Source.QUEUE, Pick.Source.AUTO):
                    assert event.data["driver_id"] == before.wish(event.data["constructor_id"], free)
                taken.add(event.data["driver_id"])
            taken -= set(event.data.get("released", []))

    @invariant()
    def the_rules_hold(self) -> None:
        stands, picks = self.seen.draft, self.seen.picks
        assert len({pick.driver_id for pick in picks.values()}) == len(picks)
        assert max(Counter(pick.constructor_id for pick in picks.values()).values(), default=0) <= ROUNDS
        if not stands.order_data:
            assert not picks
            return
        turns = order.turns(stands.order_data, stands.method, ROUNDS)
        assert all(pick.constructor_id == turns[number - 1] for number, pick in picks.items())
        assert all(pick.round == order.round_of(len(stands.order_data), number) for number, pick in picks.items())
        played = [number for number, pk in enumerate(turns, start=1) if pk not in stands.withdrawn]
        assert list(picks) == played[: len(picks)]  # nobody's turn is left out
        if stands.current_pick:
            assert stands.status in (Draft.Status.OPEN, Draft.Status.PAUSED)
            assert stands.current_pick == played[len(picks)]
        else:
            assert stands.status != Draft.Status.OPEN
        runs = stands.status == Draft.Status.OPEN and stands.pick_seconds is not None
        if stands.deadline_at:
            assert runs
            assert stands.deadline_at <= stands.locks_at
        elif runs:
            assert self.now >= stands.locks_at
        assert stands.time_left is None or stands.status == Draft.Status.PAUSED
        assert (stands.turn_time is None) == (stands.deadline_at is None and stands.time_left is None)

    @invariant()
    def the_log_tells_how_it_stands(self) -> None:
        stands, log = self.seen.draft, self.seen.log
        assert [event.version for event in log] == list(range(1, stands.version + 1))
        told = replay(log, method=stands.method)
        made = {n: (pick.constructor_id, pick.driver_id, pick.source) for n, pick in self.seen.picks.items()}
        assert (told.status, told.picks) == (stands.status, made)
        assert (told.order, told.withdrawn) == (tuple(stands.order_data), tuple(stands.withdrawn))
        assert (told.current_pick, told.pick_seconds) == (turn(stands), stands.pick_seconds)
        before = State()
        for event, state in zip(log, states(log, method=stands.method), strict=True):
            if event.name == "PicksUndone":
                undone = sorted(before.picks.keys() - state.picks.keys())
                assert event.data["released"] == [before.picks[number].driver_id for number in undone]
            before = state


Wish = TypeVar("Wish", Queue, SeasonList)


@dataclass(frozen=True, eq=False)
class Picture:
    """Every row of a draft and of its teams."""

    draft: Draft
    picks: dict[int, Pick]
    log: list[EventLog]
    wishes: list[Model]

    @classmethod
    def of(cls, pk: int) -> "Picture":
        draft = Draft.objects.get(pk=pk)
        wishes = [
            Queue.objects.filter(draft=draft).order_by("pk"),
            SeasonList.objects.filter(constructor__league=draft.league_id).order_by("pk"),
            Autopilot.objects.filter(constructor__league=draft.league_id).order_by("pk"),
        ]
        return cls(
            draft,
            {pick.pick_number: pick for pick in draft.picks.order_by("pick_number")},
            list(draft.events().order_by("version")),
            [row for rows in wishes for row in rows],
        )

    def of_team(self, model: type[Wish], pk: int) -> list[Wish]:
        return [row for row in self.wishes if isinstance(row, model) and row.constructor_id == pk]

    def wish(self, team: int, free: dict[int, Driver]) -> int:
        """Whom the team wants among the free ones: of its queue, its season list, and else the dearest."""
        queue = [pk for queue in self.of_team(Queue, team) for pk in queue.driver_ids]
        season = [pk for wishes in self.of_team(SeasonList, team) for pk in wishes.driver_ids]
        never = [pk for wishes in self.of_team(SeasonList, team) for pk in wishes.never_ids]
        dearest = sorted(free, key=lambda pk: -free[pk].price)
        by_price = [*(pk for pk in dearest if pk not in never), *dearest]
        return next(pk for pk in [*queue, *season, *by_price] if pk in free)

    @property
    def values(self) -> list[dict[str, Any]]:
        rows = [self.draft, *self.picks.values(), *self.log, *self.wishes]
        return [{field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields} for row in rows]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Picture) and self.values == other.values

    @property
    def drafted(self) -> set[tuple[int, int]]:
        return {(number, pick.driver_id) for number, pick in self.picks.items()}


def turn_of(draft: Draft) -> int | None:
    """The constructor on the clock."""
    return order.on_turn(draft.order_data, draft.method, draft.current_pick) if draft.current_pick else None


def turn(draft: Draft) -> dict[str, Any] | None:
    """The turn on the clock, as the log is to tell it."""
    return draft.current_pick and {
        "pick_number": draft.current_pick,
        "round": order.round_of(len(draft.order_data), draft.current_pick),
        "constructor": turn_of(draft),
        "deadline": draft.deadline_at and draft.deadline_at.isoformat(),
    }


NO_PICKS_IN = (Draft.Status.PAUSED, Draft.Status.VOID)


def check_step(before: Picture, after: Picture, what: str, *, was_due: bool) -> None:
    """What the thing done may have changed."""
    stood, stands, picked, now_picked = before.draft, after.draft, before.drafted, after.drafted
    was_paused, is_paused = (draft.status == Draft.Status.PAUSED for draft in (stood, stands))
    on_time = ("beat", "calendar", "cancel")
    if was_paused and what not in ("resume", "void", *on_time):
        assert is_paused
    if is_paused and not was_paused:
        assert what in ("pause", *on_time)
    if what == "pause" and stood.status in Draft.RUNNING:
        assert is_paused
    if (was_paused and what not in ("resume", "beat")) or (stands.status in NO_PICKS_IN and not was_due):
        assert now_picked <= picked
    if not (was_paused and what == "undo") and what not in ("leave", *on_time):
        assert picked <= now_picked  # nothing is taken back but in a pause, or for a team that left, or another race
    if any(event.data.get("stays") for event in before.log):
        assert (stands.status, now_picked) == (Draft.Status.VOID, picked)


@pytest.mark.django_db
def test_any_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "random_order", lambda seed, constructors: sorted(constructors))  # fails twice alike
    run_state_machine_as_test(
        Room, settings=settings(max_examples=40, stateful_step_count=20, deadline=None, derandomize=True)
    )
