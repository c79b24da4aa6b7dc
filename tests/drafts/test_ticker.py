from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from drafts import control, lifecycle
from drafts.models import Draft
from drafts.picks import make_pick, set_autopilot, withdraw_constructor
from drafts.queries import draft_board, find_draft
from drafts.ticker import lines
from leagues.models import Constructor, League
from races.models import Driver, Race, RaceEntry

pytestmark = pytest.mark.django_db


def told(draft: Draft, user: User) -> list[str]:
    return [line.text for line in lines(draft_board(find_draft(user, draft.league_id, draft.race_id), until=None))]


def test_the_log_reads_as_sentences_newest_first(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    lifecycle.set_order(draft_id=draft.pk, constructor_ids=[team.pk for team in teams], actor=manager, now=now)
    set_autopilot(draft_id=draft.pk, constructor=teams[2], mode="always", actor=teams[2].user, now=now)
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[3], actor=teams[0].user, now=now)
    make_pick(draft_id=draft.pk, constructor=teams[1], driver=drivers[4], actor=manager, now=now)
    withdraw_constructor(draft_id=draft.pk, constructor_id=teams[1].pk, now=now)
    lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)

    a, b, c = (team.team_name for team in teams)
    assert told(draft, manager) == [
        "The picks are locked.",
        "All picks are made.",
        f"{a} got {drivers[2]} by autopick with pick 6: The draft locked. Best free driver by price (28.0 M).",
        f"{b} left the league. {drivers[4]} can be drafted again.",
        f"{c} got {drivers[1]} by autopick with pick 4: Autopick was on. Best free driver by price (29.0 M).",
        f"{c} got {drivers[0]} by autopick with pick 3: Autopick was on. Best free driver by price (30.0 M).",
        f"{manager.display_name} picked {drivers[4]} for {b} with pick 2.",
        f"{a} drafted {drivers[3]} with pick 1.",
        f"{c} switched autopick on.",
        f"{manager.display_name} set the order by hand: {a}, {b}, {c}.",
        f"{manager.display_name} opened the draft. {a} picks first.",
        "The draft is scheduled. The random order is sealed: its fingerprint is public.",
    ]


def test_the_log_tells_of_a_race_that_moves_and_is_cancelled(
    draft: Draft, teams: list[Constructor], race: Race, manager: User, now: datetime
) -> None:
    withdraw_constructor(draft_id=draft.pk, constructor_id=teams[2].pk, now=now)
    set_autopilot(draft_id=draft.pk, constructor=teams[1], mode="always", actor=teams[1].user, now=now)
    set_autopilot(draft_id=draft.pk, constructor=teams[1], mode="off", actor=teams[1].user, now=now)
    for hours in (24, 24 * 20):
        race.starts_at += timedelta(hours=hours)
        race.qualifying_at = race.starts_at - timedelta(days=1)
        race.save()
        lifecycle.follow_race(draft_id=draft.pk, now=now)
    lifecycle.open_draft(draft_id=draft.pk, actor=None, now=now)
    Race.objects.filter(pk=race.pk).update(status="cancelled")
    lifecycle.follow_race(draft_id=draft.pk, now=now)

    assert told(draft, manager)[:7] == [
        "The draft is void: race cancelled.",
        f"The draft opened. {teams[0]} picks first.",
        "The race moved: it is drafted anew, in the same order.",
        "The draft has other times now; what was picked stands.",
        f"{teams[1]} switched autopick off.",
        f"{teams[1]} switched autopick on.",
        f"{teams[2]} left the league.",
    ]


def test_the_log_tells_who_let_the_autopick_pick_and_for_which_picks_it_is_on(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    def switch(mode: str) -> None:
        set_autopilot(draft_id=draft.pk, constructor=teams[2], mode=mode, actor=teams[2].user, now=now)

    act = {"draft_id": draft.pk, "actor": manager, "now": now}
    switch("draft")
    switch("pick")
    make_pick(constructor=teams[0], driver=drivers[5], reason="On the phone", **act)
    control.autopick_for(pick_number=2, reason="Asleep", **act)

    a, b, c = (team.team_name for team in teams)
    who = manager.display_name
    assert told(draft, manager)[:6] == [
        f"{c} took the one pick by autopick: it is off again.",
        f"{c} got {drivers[1]} by autopick with pick 3: Autopick was on for this pick. "
        "Best free driver by price (29.0 M).",
        f"{b} got {drivers[0]} by autopick with pick 2, on the word of {who}: "
        "A manager let it pick (Asleep). Best free driver by price (30.0 M).",
        f"{who} picked {drivers[5]} for {a} with pick 1: On the phone.",
        f"{c} switched autopick on for the next pick.",
        f"{c} switched autopick on for this draft.",
    ]


def test_an_autopick_of_old_was_on_or_off(draft: Draft, teams: list[Constructor], manager: User, now: datetime) -> None:
    set_autopilot(draft_id=draft.pk, constructor=teams[1], mode="pick", actor=teams[1].user, now=now)
    event = draft.events().get(name="AutopilotSwitched")
    del event.data["mode"]
    event.save()

    assert told(draft, manager)[0] == f"{teams[1]} switched autopick on."


def test_a_line_has_the_colour_of_its_team_and_the_time_of_its_event(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    Constructor.objects.filter(pk=teams[0].pk).update(color="#ff8000")
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)

    newest, opened, _ = lines(draft_board(find_draft(manager, draft.league_id, draft.race_id), until=None))

    assert (newest.version, newest.color, newest.at) == (3, "#ff8000", now)
    assert (opened.version, opened.color) == (2, "")


def test_a_driver_who_is_no_longer_entered_is_told_of_without_name(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    withdraw_constructor(draft_id=draft.pk, constructor_id=teams[0].pk, now=now)
    RaceEntry.objects.filter(driver=drivers[0]).update(status="withdrawn")

    assert told(draft, manager)[0] == (
        f"{teams[0]} left the league. A driver who is no longer entered can be drafted again."
    )


def test_a_draft_that_is_not_scheduled_has_no_log(league: League, race: Race, manager: User) -> None:
    assert lines(draft_board(find_draft(manager, league.pk, race.pk), until=None)) == []


def test_the_log_tells_what_managers_did_and_strikes_out_what_they_undid(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    act = {"draft_id": draft.pk, "actor": manager, "now": now}

    def pick(*numbers: int) -> None:
        for number in numbers:
            team, driver = teams[number], drivers[number]
            make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=now)

    pick(0, 1, 2)
    control.pause_draft(**act)
    control.undo_pick(**act)
    control.undo_pick(to_pick_number=1, **act)
    control.resume_draft(**act)
    pick(0, 1)
    control.pause_draft(**act)
    control.undo_pick(**act)
    control.resume_draft(**act)
    pick(1)
    control.void_draft(reason="Nobody came.", **act)

    board = draft_board(find_draft(manager, draft.league_id, draft.race_id), until=None)
    name, (a, b, c) = manager.display_name, (team.team_name for team in teams)
    made = {
        number: f"{team} drafted {drivers[number - 1]} with pick {number}." for number, team in enumerate((a, b, c), 1)
    }
    assert [(line.text, line.is_undone) for line in lines(board)][:-2] == [
        (f"{name} made the draft void: Nobody came.", False),
        (made[2], False),
        (f"{name} resumed the draft.", False),
        (f"{name} took back pick 2: {drivers[1]}.", False),
        (f"{name} paused the draft.", False),
        (made[2], True),
        (made[1], False),
        (f"{name} resumed the draft.", False),
        (f"{name} took back pick 1 and all after it: {drivers[0]}, {drivers[1]}.", False),
        (f"{name} took back pick 3: {drivers[2]}.", False),
        (f"{name} paused the draft.", False),
        (made[3], True),
        (made[2], True),
        (made[1], True),
    ]


def test_the_log_tells_why(league: League, race: Race, manager: User, drivers: list[Driver], now: datetime) -> None:
    def act(reason: str) -> dict[str, Any]:
        return {"actor": manager, "now": now, "reason": reason}

    draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, **act("we are all here"))
    this = {"draft_id": draft.pk}
    lifecycle.set_order(constructor_ids=sorted(draft.order_data), **this, **act("as agreed!"))
    teams = [league.constructors.get(pk=pk) for pk in sorted(draft.order_data)]
    make_pick(constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now, **this)
    control.pause_draft(**this, **act("pizza is here"))
    control.undo_pick(**this, **act("wrong one"))
    control.set_clock(pick_seconds=3_600, **this, **act("slow wifi."))
    control.set_clock(pick_seconds=45, **this, **act(""))
    control.set_clock(pick_seconds=None, **this, **act("why the hurry?"))
    control.resume_draft(**this, **act("full"))

    name, names = manager.display_name, ", ".join(map(str, teams))
    assert told(draft, manager)[:-1] == [
        f"{name} resumed the draft: full.",
        f"{name} took the clock off: why the hurry?",
        f"{name} set the clock to 45 seconds.",
        f"{name} set the clock to 1 hour: slow wifi.",
        f"{name} took back pick 1: {drivers[0]}. Reason: wrong one.",
        f"{name} paused the draft: pizza is here.",
        f"{teams[0]} drafted {drivers[0]} with pick 1.",
        f"{name} set the order by hand: {names}. Reason: as agreed!",
        f"{name} opened the draft: we are all here. {league.constructors.get(pk=draft.order_data[0])} picks first.",
    ]
