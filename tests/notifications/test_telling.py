"""Who is told of what."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.signals import account_closing
from drafts import control, lifecycle, picks
from drafts.models import Draft
from fantasy_f1.core.events import publish
from leagues.managers import add_manager, remove_manager
from leagues.membership import join_league, leave_league, offer_team, remove_constructor
from leagues.models import Constructor, League
from notifications.models import Notification, ToldScore
from notifications.reminders import remind
from notifications.scores import tell_scores
from notifications.tasks import tell_scores as tell_scores_task
from races.events import ResultsLate
from races.models import Driver, Race, Session
from scoring.scores import score_race
from tests.factories import ConstructorFactory, LeagueFactory, UserFactory, give_result
from tests.notifications.conftest import Happening, Inbox

pytestmark = pytest.mark.django_db


def pick(draft: Draft, team: Constructor, driver: Driver, now: datetime, actor: User | None = None) -> None:
    picks.make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=actor or team.user, now=now)


def turn(number: int, team: Constructor) -> tuple[str, str, str]:
    text = f"Pick {number} for the Moon Grand Prix is yours: choose a driver for {team}."
    return ("pick_turn", "Your turn in Paddock", text)


# Drafts -----------------------------------------------------------------------------------------


def test_an_opening_is_told_to_all_who_draft_and_the_turn_to_the_first(
    league: League, race: Race, manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    with happening():
        draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=now)

    first, second, third = [Constructor.objects.select_related("user").get(pk=pk) for pk in draft.order_data]
    opening = (
        "draft_open",
        "Moon Grand Prix: the draft is open",
        f"Paddock drafts two drivers per team. {first} picks first.",
    )
    assert inbox(first.user) == [opening, turn(1, first)]
    assert inbox(second.user) == inbox(third.user) == [opening]
    assert inbox(manager) == []
    room = reverse("drafts:room", args=[league.pk, race.pk])
    assert set(Notification.objects.values_list("link", "created_at", "is_read")) == {(room, now, False)}


@pytest.mark.parametrize(("pick_seconds", "is_slow"), [(None, True), (60, False), (28_800, True)])
def test_what_is_told_of_a_slow_draft_says_so(
    league: League,
    race: Race,
    manager: User,
    now: datetime,
    happening: Happening,
    pick_seconds: int | None,
    is_slow: bool,
) -> None:
    League.objects.update(pick_seconds=pick_seconds)

    with happening():
        lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=now)

    opening = Notification.objects.filter(type="draft_open")
    assert set(opening.values_list("is_of_slow_draft", flat=True)) == {is_slow}


def test_a_pick_is_told_to_the_next(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime, happening: Happening, inbox: Inbox
) -> None:
    with happening():
        pick(draft, teams[0], drivers[0], now)

    assert [inbox(team.user) for team in teams] == [[], [turn(2, teams[1])], []]


def test_the_last_pick_is_told_to_nobody(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime, happening: Happening
) -> None:
    order = [*teams, *reversed(teams)]
    for team, driver in zip(order[:-1], drivers, strict=False):
        pick(draft, team, driver, now)

    with happening():
        pick(draft, order[-1], drivers[5], now)

    assert not Notification.objects.exists()


def test_turns_on_autopick_are_passed_over_and_what_was_picked_is_told(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime, happening: Happening, inbox: Inbox
) -> None:
    picks.set_autopilot(draft_id=draft.pk, constructor=teams[1], mode="always", actor=teams[1].user, now=now)
    Driver.objects.filter(pk=drivers[7].pk).update(price=29)

    with happening():
        pick(draft, teams[0], drivers[0], now)

    text = "Pick 2 for the Moon Grand Prix in Paddock. Autopick was on. Best free driver by price (29.0 M)."
    assert inbox(teams[1].user) == [("draft_update", f"{teams[1]} got {drivers[7]}", text)]
    assert [inbox(team.user) for team in (teams[0], teams[2])] == [[], [turn(3, teams[2])]]


def test_a_managers_pick_is_told_to_the_owner(
    draft: Draft,
    teams: list[Constructor],
    drivers: list[Driver],
    manager: User,
    now: datetime,
    happening: Happening,
    inbox: Inbox,
) -> None:
    with happening():
        pick(draft, teams[0], drivers[0], now, actor=manager)

    text = "Pick 1 for the Moon Grand Prix in Paddock. A manager of the league picked for you."
    assert inbox(teams[0].user) == [("draft_update", f"{teams[0]} got {drivers[0]}", text)]


def test_a_changed_order_is_told_to_the_new_first(
    draft: Draft, teams: list[Constructor], manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    ids = [team.pk for team in reversed(teams)]

    with happening():
        lifecycle.set_order(draft_id=draft.pk, constructor_ids=ids, actor=manager, now=now)

    assert [inbox(team.user) for team in teams] == [[], [], [turn(1, teams[2])]]


def test_the_turn_of_who_leaves_is_told_to_the_next(
    draft: Draft, league: League, teams: list[Constructor], now: datetime, happening: Happening, inbox: Inbox
) -> None:
    with happening():
        picks.withdraw_constructor(draft_id=draft.pk, constructor_id=teams[0].pk, now=now)

    assert [inbox(team.user) for team in teams] == [[], [turn(2, teams[1])], []]


def test_who_left_is_not_told_of_the_opening(
    league: League, race: Race, manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    with happening():
        draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=now)
        leaver = Constructor.objects.select_related("user").get(pk=draft.order_data[2])
        leave_league(league_id=league.pk, user=leaver.user, now=now)

    assert inbox(leaver.user) == []


def unread(user: User) -> list[str]:
    return list(user.notifications.filter(is_read=False).order_by("pk").values_list("type", flat=True))


def test_a_turn_that_is_taken_need_not_be_read_or_sent_any_more(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime, happening: Happening
) -> None:
    later = now + timedelta(hours=1)
    with happening():
        pick(draft, teams[0], drivers[0], now)
    assert unread(teams[1].user) == ["pick_turn"]
    with happening():
        picks.withdraw_constructor(draft_id=draft.pk, constructor_id=teams[0].pk, now=now)
    assert unread(teams[1].user) == ["pick_turn"], "somebody else left: it is the same turn"

    with happening():
        pick(draft, teams[1], drivers[1], later)

    assert unread(teams[1].user) == []
    assert teams[1].user.notifications.get().useful_until == later
    assert unread(teams[2].user) == ["pick_turn"]


def test_a_reminder_is_over_with_the_first_pick(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime, happening: Happening
) -> None:
    remind(draft.locks_at - timedelta(hours=1))

    with happening():
        pick(draft, teams[0], drivers[0], now)

    assert (unread(teams[0].user), unread(teams[2].user)) == ([], ["reminder"])


def test_what_was_told_of_a_draft_is_over_when_it_is_void(
    league: League, race: Race, manager: User, now: datetime, happening: Happening
) -> None:
    with happening():
        draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=now)
    first = User.objects.get(constructors=draft.order_data[0])
    remind(draft.locks_at - timedelta(hours=1))
    assert unread(first) == ["draft_open", "pick_turn", "reminder"]

    with happening():
        control.void_draft(draft_id=draft.pk, actor=manager, reason="Rain", now=now)

    assert unread(first) == ["draft_update"]


def test_a_draft_that_opened_and_locked_at_once_tells_no_opening(
    league: League, race: Race, now: datetime, happening: Happening
) -> None:
    draft = lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now)

    with happening():
        lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)

    assert set(Notification.objects.values_list("type", flat=True)) == {"draft_update"}
    assert Notification.objects.count() == 6


# Races ------------------------------------------------------------------------------------------


@pytest.fixture
def drafted(draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime) -> Draft:
    """The first has drivers 0 and 5, the next 1 and 4, the last 2 and 3; locked, nobody was told."""
    for team, driver in zip([*teams, *reversed(teams)], drivers, strict=False):
        pick(draft, team, driver, now)
    return lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)


def finish(race: Race, drivers: list[Driver], fastest: Driver | None = None) -> None:
    give_result(race, drivers, fastest=fastest)
    score_race(race_id=race.pk, now=race.starts_at + timedelta(hours=3))
    tell_scores(race.starts_at + timedelta(hours=3))


def test_points_are_told_to_each_player_of_a_league_that_drafted(
    drafted: Draft,
    race: Race,
    teams: list[Constructor],
    drivers: list[Driver],
    manager: User,
    happening: Happening,
    inbox: Inbox,
) -> None:
    outsider = ConstructorFactory(league=LeagueFactory(season=race.season))
    newcomer = ConstructorFactory(league=drafted.league)

    with happening():
        finish(race, [drivers[0], *drivers[6:], *drivers[1:6]], fastest=drivers[4])

    told = [("race_finished", f"Moon Grand Prix: {points}") for points in ("25 points", "1 point", "0 points")]
    assert [inbox(team.user) for team in teams] == [
        [(*told[0], f"{teams[0]} is P1 of 3 in Paddock.")],
        [(*told[1], f"{teams[1]} is P2 of 3 in Paddock.")],
        [(*told[2], f"{teams[2]} is P3 of 3 in Paddock.")],
    ]
    assert inbox(outsider.user) == inbox(newcomer.user) == inbox(manager) == []
    board = f"{reverse('scoring:leaderboard', args=[drafted.league_id])}?race={race.pk}"
    assert set(Notification.objects.values_list("link", flat=True)) == {board}


def test_shared_places_are_called_so(
    drafted: Draft, race: Race, teams: list[Constructor], drivers: list[Driver], happening: Happening, inbox: Inbox
) -> None:
    with happening():
        finish(race, [*drivers[6:], *drivers[:6]])

    assert inbox(teams[1].user)[0][2] == f"{teams[1]} is P1 (shared) of 3 in Paddock."


def test_who_left_is_not_told_of_points(
    drafted: Draft, race: Race, teams: list[Constructor], drivers: list[Driver], happening: Happening, inbox: Inbox
) -> None:
    Constructor.objects.filter(pk=teams[0].pk).update(is_active=False)

    with happening():
        finish(race, drivers)
        finish(race, [drivers[1], drivers[0], *drivers[2:]])

    assert inbox(teams[0].user) == []


def test_amended_results_are_told_with_what_moved_for_the_league(
    drafted: Draft, race: Race, teams: list[Constructor], drivers: list[Driver], happening: Happening, inbox: Inbox
) -> None:
    finish(race, drivers)
    Notification.objects.all().delete()
    elsewhere = ConstructorFactory(league=LeagueFactory(season=race.season))

    with happening():
        finish(race, [drivers[1], drivers[0], *drivers[2:8], drivers[9], drivers[8], *drivers[10:]])

    moved = f"{drivers[0]} 25 → 18, {drivers[1]} 18 → 25."
    title = "Moon Grand Prix: the results changed"
    assert [inbox(team.user) for team in teams] == [
        [
            (
                "results_amended",
                title,
                f"{teams[0]} has 26 points instead of 33 and is P3 of 3 in Paddock instead of P1. {moved}",
            )
        ],
        [
            (
                "results_amended",
                title,
                f"{teams[1]} has 35 points instead of 28 and is P1 of 3 in Paddock instead of P2. {moved}",
            )
        ],
        [
            (
                "results_amended",
                title,
                f"{teams[2]} still has 27 points and is P2 of 3 in Paddock instead of P3. {moved}",
            )
        ],
    ]
    assert inbox(elsewhere.user) == []


def test_an_amendment_that_moves_none_of_the_leagues_drivers_is_not_told(
    drafted: Draft, race: Race, drivers: list[Driver], happening: Happening
) -> None:
    finish(race, drivers)
    Notification.objects.all().delete()

    with happening():
        finish(race, [*drivers[:8], drivers[9], drivers[8], *drivers[10:]])

    assert not Notification.objects.exists()


def test_what_moved_is_told_since_the_points_that_were_told(
    drafted: Draft, race: Race, teams: list[Constructor], drivers: list[Driver], inbox: Inbox
) -> None:
    finish(race, drivers)
    Notification.objects.all().delete()

    give_result(race, [drivers[1], drivers[0], *drivers[2:]])
    score_race(race_id=race.pk, now=race.starts_at + timedelta(days=1))
    finish(race, [drivers[1], drivers[2], drivers[0], *drivers[3:]])

    moved = f"{drivers[0]} 25 → 15, {drivers[1]} 18 → 25, {drivers[2]} 15 → 18."
    told = f"{teams[0]} has 23 points instead of 33 and is P3 of 3 in Paddock instead of P1. {moved}"
    assert [text for _, _, text in inbox(teams[0].user)] == [told]


def test_an_amendment_that_was_taken_back_before_it_was_told_is_not_told(
    drafted: Draft, race: Race, drivers: list[Driver]
) -> None:
    finish(race, drivers)
    Notification.objects.all().delete()

    give_result(race, [drivers[1], drivers[0], *drivers[2:]])
    score_race(race_id=race.pk, now=race.starts_at + timedelta(days=1))
    finish(race, drivers)

    assert not Notification.objects.exists()


def test_every_amendment_is_told(
    drafted: Draft, race: Race, teams: list[Constructor], drivers: list[Driver], inbox: Inbox
) -> None:
    swapped = [drivers[1], drivers[0], *drivers[2:]]
    for result in (drivers, swapped, drivers):
        finish(race, result)

    assert [text for _, _, text in inbox(teams[2].user)] == [
        f"{teams[2]} is P3 of 3 in Paddock.",
        f"{teams[2]} still has 27 points and is P2 of 3 in Paddock instead of P3. "
        f"{drivers[0]} 25 → 18, {drivers[1]} 18 → 25.",
        f"{teams[2]} still has 27 points and is P3 of 3 in Paddock instead of P2. "
        f"{drivers[0]} 18 → 25, {drivers[1]} 25 → 18.",
    ]


def test_a_seat_that_counts_for_its_substitute_alone_is_not_said_to_have_moved(
    drafted: Draft, race: Race, teams: list[Constructor], drivers: list[Driver], inbox: Inbox
) -> None:
    """Driver 4 drove the seat of driver 0; the league drafted both."""
    race.entries.filter(driver=drivers[4]).update(status="substitute", replaces=drivers[0])
    took_part = [driver for driver in drivers if driver != drivers[0]]
    finish(race, took_part)
    Notification.objects.all().delete()

    finish(race, [drivers[4], *(driver for driver in took_part if driver != drivers[4])])

    [(_, _, text)] = inbox(teams[1].user)
    assert f"{drivers[4]} 12 → 25" in text
    assert str(drivers[0]) not in text


# Leagues ----------------------------------------------------------------------------------------


def test_managers_are_told_who_joins(
    league: League, manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    newcomer = UserFactory(full_name="Nora New")

    with happening():
        join_league(league_id=league.pk, user=newcomer, team_name="Newts", now=now)

    assert inbox(manager) == [("league", "Newts joined Paddock", "Nora New drafts with you from now on.")]
    assert Notification.objects.count() == 1


def test_a_manager_is_not_told_of_oneself(league: League, manager: User, now: datetime, happening: Happening) -> None:
    with happening():
        join_league(league_id=league.pk, user=manager, team_name="Mine", now=now)
        leave_league(league_id=league.pk, user=manager, now=now)

    assert not Notification.objects.exists()


def test_managers_are_told_each_time_somebody_leaves(
    league: League, manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    team = league.constructors.select_related("user").first()
    assert team is not None

    with happening():
        leave_league(league_id=league.pk, user=team.user, now=now)
        join_league(league_id=league.pk, user=team.user, team_name="", now=now + timedelta(days=1))
        leave_league(league_id=league.pk, user=team.user, now=now + timedelta(days=2))

    left = ("league", f"{team} left Paddock", "")
    joined = ("league", f"{team} joined Paddock", f"{team.user.display_name} drafts with you from now on.")
    assert inbox(manager) == [left, joined, left]


def test_who_was_removed_is_told_why(
    league: League, manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    team = league.constructors.select_related("user").first()
    assert team is not None

    with happening():
        remove_constructor(constructor_id=team.pk, actor=manager, reason="Never picks", now=now)

    assert inbox(team.user) == [("league", "You were removed from Paddock", "A manager gave this reason: Never picks")]
    assert inbox(manager) == [("league", f"{team} was removed from Paddock", "Never picks")]


def test_beat_tells_of_a_score_once(
    drafted: Draft, race: Race, teams: list[Constructor], drivers: list[Driver], inbox: Inbox
) -> None:
    give_result(race, drivers)
    score_race(race_id=race.pk, now=race.starts_at)
    assert inbox(teams[0].user) == []

    tell_scores_task()
    tell_scores_task()

    assert [kind for kind, _, _ in inbox(teams[0].user)] == ["race_finished"]
    assert str(ToldScore.objects.get()) == f"{race} by Classic, run 1"


# Managers' powers over a draft ------------------------------------------------------------------


def test_what_a_manager_does_to_a_draft_is_told_to_all_others(
    draft: Draft,
    teams: list[Constructor],
    drivers: list[Driver],
    manager: User,
    now: datetime,
    happening: Happening,
    inbox: Inbox,
) -> None:
    ConstructorFactory(league=draft.league, user=manager)
    pick(draft, teams[0], drivers[0], now)
    act = {"draft_id": draft.pk, "actor": manager, "now": now}
    with happening():
        control.pause_draft(**act)
        control.pause_draft(**act)
        control.undo_pick(**act)
        control.resume_draft(**act)
        control.void_draft(reason="Too late for all of us", **act)

    by = "manager, who manages Paddock,"
    told = [
        ("draft_update", "Moon Grand Prix: the draft is paused", f"{by} paused it: nobody picks until it goes on."),
        ("draft_update", "Moon Grand Prix: picks were undone", f"{by} took the draft back to pick 1."),
        ("draft_update", "Moon Grand Prix: the draft goes on", f"{by} resumed it."),
        ("draft_update", "Moon Grand Prix: the draft is void", f"{by} made it void: Too late for all of us"),
    ]
    assert inbox(teams[1].user) == inbox(teams[2].user) == told
    assert inbox(manager) == []


def test_others_read_why_and_of_another_clock(
    draft: Draft,
    teams: list[Constructor],
    drivers: list[Driver],
    manager: User,
    now: datetime,
    happening: Happening,
    inbox: Inbox,
) -> None:
    pick(draft, teams[0], drivers[0], now)
    act = {"draft_id": draft.pk, "actor": manager, "now": now}
    with happening():
        control.set_clock(pick_seconds=7_200, reason="No hurry", **act)
        control.pause_draft(reason="Pizza is here.", **act)
        control.undo_pick(reason="Wrong one", **act)
    with happening():
        control.set_clock(pick_seconds=None, **act)
        control.resume_draft(reason="Full", **act)

    by = "manager, who manages Paddock,"
    assert [text for kind, _, text in inbox(teams[1].user) if kind == "draft_update"] == [
        f"{by} gives 2 hours for a pick from now on. Reason: No hurry.",
        f"{by} paused it: nobody picks until it goes on. Reason: Pizza is here.",
        f"{by} took the draft back to pick 1. Reason: Wrong one.",
        f"{by} took the clock off.",
        f"{by} resumed it. Reason: Full.",
    ]


def test_a_turn_with_a_clock_says_until_when_in_the_time_of_its_player(
    league: League, race: Race, manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    League.objects.update(pick_seconds=3_600)
    User.objects.update(time_zone="Asia/Tokyo")
    with happening():
        draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=now)

    first = Constructor.objects.select_related("user").get(pk=draft.order_data[0])
    until = "Pick 1 for the Moon Grand Prix is yours until Wed 22 Jul, 19:00: choose a driver for "
    assert inbox(first.user)[-1] == ("pick_turn", "Your turn in Paddock", f"{until}{first}.")


def test_a_turn_that_comes_again_is_told_again(
    draft: Draft,
    teams: list[Constructor],
    drivers: list[Driver],
    manager: User,
    now: datetime,
    happening: Happening,
    inbox: Inbox,
) -> None:
    act = {"draft_id": draft.pk, "actor": manager, "now": now}
    with happening():
        pick(draft, teams[0], drivers[0], now)
    with happening():
        pick(draft, teams[1], drivers[1], now)
    with happening():
        control.pause_draft(**act)
    with happening():
        control.undo_pick(**act)
    with happening():
        control.resume_draft(**act)

    assert [each for each in inbox(teams[1].user) if each[0] == "pick_turn"] == [turn(2, teams[1])] * 2


def test_a_turn_that_goes_on_until_another_time_is_told_anew(
    draft: Draft, teams: list[Constructor], manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    later = now + timedelta(hours=5)
    with happening():
        control.set_clock(draft_id=draft.pk, actor=manager, pick_seconds=3_600, now=now)
    with happening():
        control.pause_draft(draft_id=draft.pk, actor=manager, now=now)
    assert unread(teams[0].user) == ["draft_update", "draft_update"]
    with happening():
        control.resume_draft(draft_id=draft.pk, actor=manager, now=later)

    until = [text.split(" until ")[1].split(":")[0] for kind, _, text in inbox(teams[0].user) if kind == "pick_turn"]
    assert until == ["Wed 22 Jul, 10", "Wed 22 Jul, 15"]


def test_whoever_comes_first_again_is_told_again(
    draft: Draft, teams: list[Constructor], manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    ids = [team.pk for team in teams]
    for order in (ids[::-1], ids, ids[::-1]):
        with happening():
            lifecycle.set_order(draft_id=draft.pk, constructor_ids=order, actor=manager, now=now)

    assert [len(inbox(team.user)) for team in teams] == [1, 0, 2]
    assert [unread(team.user) for team in teams] == [[], [], ["pick_turn"]]


def test_a_pause_tells_nobody_of_a_turn(
    draft: Draft, teams: list[Constructor], manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    control.pause_draft(draft_id=draft.pk, actor=manager, now=now)
    with happening():
        leave_league(league_id=draft.league_id, user=teams[0].user, now=now)

    assert inbox(teams[1].user) == []


def test_a_draft_that_falls_with_its_race_and_comes_back_is_told_to_all(
    draft: Draft, teams: list[Constructor], race: Race, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    for status in (Race.Status.CANCELLED, Race.Status.SCHEDULED):
        Race.objects.filter(pk=race.pk).update(status=status)
        with happening():
            lifecycle.follow_race(draft_id=draft.pk, now=now)

    assert inbox(teams[2].user) == [
        ("draft_update", "Moon Grand Prix: the draft is void", "Race cancelled."),
        ("draft_update", "Moon Grand Prix: the draft goes on", "Paddock drafts again."),
    ]
    assert inbox(teams[0].user)[-1] == turn(1, teams[0])


@pytest.mark.parametrize("status", [Draft.Status.SCHEDULED, Draft.Status.LOCKED])
def test_a_draft_that_is_not_open_and_comes_back_with_its_race_is_told_to_all(
    draft: Draft, teams: list[Constructor], race: Race, now: datetime, happening: Happening, inbox: Inbox, status: str
) -> None:
    Draft.objects.filter(pk=draft.pk).update(status=status, opens_at=race.starts_at - timedelta(days=5))
    for at in (Race.Status.CANCELLED, Race.Status.SCHEDULED):
        Race.objects.filter(pk=race.pk).update(status=at)
        with happening():
            lifecycle.follow_race(draft_id=draft.pk, now=now)

    draft.refresh_from_db()
    assert draft.status == status
    assert inbox(teams[2].user) == [
        ("draft_update", "Moon Grand Prix: the draft is void", "Race cancelled."),
        (
            "draft_update",
            "Moon Grand Prix: the race is back",
            "The draft in Paddock is no longer void: look at its page.",
        ),
    ]


def test_an_offer_of_a_team_is_told_to_both(
    league: League, manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    team, cy = league.constructors.earliest("pk"), UserFactory(username="cy")
    with happening():
        offer_team(constructor_id=team.pk, to=cy, actor=manager, reason="No time", now=now)

    assert inbox(cy) == [
        (
            "league",
            f"{team} in Paddock is offered to you",
            f"Join the league to take over the team of {team.user} with its points. "
            "A manager gave this reason: No time",
        )
    ]
    assert cy.notifications.get().link == f"/leagues/{league.pk}/join/"  # a code may be renewed
    assert inbox(team.user) == [
        (
            "league",
            f"cy may take over {team}",
            "A manager of Paddock offers your team to another player. They gave this reason: No time",
        )
    ]


def test_a_team_that_is_taken_over_is_told_to_who_had_it_and_to_managers(
    league: League, manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    team, cy = league.constructors.earliest("pk"), UserFactory(username="cy")
    league.managers.add(team.user)
    offer_team(constructor_id=team.pk, to=cy, actor=manager, reason="No time", now=now)

    with happening():
        join_league(league_id=league.pk, user=cy, team_name=team.team_name, now=now)

    assert inbox(cy) == []
    assert inbox(team.user) == [("league", "cy took over your team in Paddock", "It goes on with all that it scored.")]
    assert inbox(manager) == [("league", f"cy took over {team} in Paddock", f"The team was that of {team.user}.")]


def test_the_turn_of_a_team_that_is_taken_over_is_told_to_who_has_it_now(
    league: League,
    draft: Draft,
    teams: list[Constructor],
    drivers: list[Driver],
    manager: User,
    now: datetime,
    happening: Happening,
    inbox: Inbox,
) -> None:
    team, cy, later = teams[1], UserFactory(username="cy"), now + timedelta(minutes=1)
    with happening():
        pick(draft, teams[0], drivers[0], now)
    assert inbox(team.user) == [turn(2, team)]
    offer_team(constructor_id=team.pk, to=cy, actor=manager, reason="No time", now=now)

    with happening():
        join_league(league_id=league.pk, user=cy, team_name=team.team_name, now=later)

    assert inbox(cy) == [turn(2, team)]
    assert unread(team.user) == ["league"]
    with happening():
        picks.make_pick(draft_id=draft.pk, constructor=team, driver=drivers[1], actor=cy, now=later)
    assert (unread(cy), unread(teams[2].user)) == ([], ["pick_turn"])


def test_every_message_about_a_league_is_known_to_be_of_it(
    draft: Draft, league: League, teams: list[Constructor], drivers: list[Driver], now: datetime, happening: Happening
) -> None:
    with happening():
        pick(draft, teams[0], drivers[0], now)
        remove_constructor(constructor_id=teams[2].pk, actor=league.creator, reason="Why", now=now)

    assert set(Notification.objects.values_list("league", flat=True)) == {league.pk}


def test_managers_are_told_that_they_became_or_ceased_to_be_one(
    league: League, manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    ana, bo = [team.user for team in league.constructors.select_related("user")][:2]

    with happening():
        add_manager(league_id=league.pk, actor=manager, user=ana, now=now)
        add_manager(league_id=league.pk, actor=manager, user=bo, now=now)
        remove_manager(league_id=league.pk, actor=ana, user=bo, now=now)

    became = ("league", "You manage Paddock", "Its order, clock and players are yours to look after.")
    ceased = ("league", "You do not manage Paddock any more", "Others look after it now.")
    assert (inbox(manager), inbox(ana), inbox(bo)) == ([], [became], [became, ceased])


@pytest.mark.django_db(transaction=True)
def test_a_manager_whom_a_host_deleted_holds_up_nobodys_news(
    league: League, manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    ana, host = league.constructors.earliest("pk").user, UserFactory(is_superuser=True)
    add_manager(league_id=league.pk, actor=host, user=host, now=now)
    host.delete()

    with happening():
        add_manager(league_id=league.pk, actor=manager, user=ana, now=now)

    assert [title for _, title, _ in inbox(ana)] == ["You manage Paddock"]


def test_what_names_somebody_goes_with_their_account(
    league: League, manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    nora, other = UserFactory(full_name="Nora New"), UserFactory(full_name="Ola Old")
    with happening():
        for who, name in ((nora, "Newts"), (other, "Olms")):
            join_league(league_id=league.pk, user=who, team_name=name, now=now)
        leave_league(league_id=league.pk, user=nora, now=now)

    account_closing.send(sender=User, user=nora, now=now, for_good=False)
    assert len(inbox(manager)) == 3
    account_closing.send(sender=User, user=nora, now=now, for_good=True)

    assert [title for _, title, _ in inbox(manager)] == ["Olms joined Paddock", "Newts left Paddock"]


def test_what_names_somebody_to_whom_a_team_was_offered_goes_with_their_account(
    league: League, manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    team, nora = league.constructors.earliest("pk"), UserFactory(full_name="Nora New")
    with happening():
        offer_team(constructor_id=team.pk, to=nora, actor=manager, reason="No time", now=now)

    account_closing.send(sender=User, user=nora, now=now, for_good=True)

    assert inbox(team.user) == []


def move(draft: Draft, race: Race, by: timedelta, now: datetime) -> None:
    moved = {field: getattr(race, field) + by for field in ("qualifying_at", "starts_at") if getattr(race, field)}
    Race.objects.filter(pk=race.pk).update(**moved)
    lifecycle.follow_race(draft_id=draft.pk, now=now)


def test_a_race_that_moves_far_is_told_to_all(
    draft: Draft, teams: list[Constructor], race: Race, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    with happening():
        move(draft, race, timedelta(days=9), now)

    draft.refresh_from_db()
    assert draft.status == Draft.Status.SCHEDULED
    text = "The race moved far: all drivers are free again, and the order stays."
    text = f"{text} The draft in Paddock locks at another time: look at its page."
    assert inbox(teams[0].user) == [("draft_update", "Moon Grand Prix: the draft begins anew", text)]


def test_a_race_that_moves_a_little_is_told_to_all(
    draft: Draft, teams: list[Constructor], race: Race, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    with happening():
        move(draft, race, timedelta(days=1), now)

    text = "Picks stand. The draft in Paddock locks at another time: look at its page."
    assert inbox(teams[2].user) == [("draft_update", "Moon Grand Prix: the race moved", text)]


def test_of_a_locked_draft_nothing_is_said_about_its_lock(
    drafted: Draft, teams: list[Constructor], race: Race, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    with happening():
        move(drafted, race, timedelta(days=1), now)

    assert inbox(teams[2].user) == [("draft_update", "Moon Grand Prix: the race moved", "Picks stand.")]


def test_events_of_what_is_gone_are_passed_over(
    league: League, draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime, happening: Happening
) -> None:
    with happening():
        pick(draft, teams[0], drivers[0], now)
        draft.picks.all().delete()
        draft.delete()

    assert not Notification.objects.exists()


def test_hosts_are_told_of_a_result_that_is_late(
    race: Race, manager: User, now: datetime, happening: Happening, inbox: Inbox
) -> None:
    host, _ = UserFactory(is_superuser=True), UserFactory(is_superuser=True, is_active=False)

    with happening():
        late = ResultsLate(race.pk, Session.GRAND_PRIX, race.starts_at.isoformat())
        publish(late, source=race, actor=None, now=now)

    assert [(kind, title) for kind, title, _ in inbox(host)] == [
        ("host", "Moon Grand Prix: the Grand Prix result is late")
    ]
    assert Notification.objects.count() == 1
