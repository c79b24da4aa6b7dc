from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from drafts import errors, lifecycle, order
from drafts.models import Autopilot, Draft
from drafts.picks import make_pick, on_the_clock, withdraw_constructor
from drafts.tasks import run_due_drafts
from fantasy_f1.core.errors import NotAllowed
from leagues.managers import change_league
from leagues.models import Constructor, League
from races.models import Driver, Race
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, SeasonFactory, UserFactory

pytestmark = pytest.mark.django_db


def ids(league: League) -> list[int]:
    return sorted(league.constructors.values_list("pk", flat=True))


def schedule(league: League, race: Race, now: datetime) -> Draft:
    return lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now)


def test_schedule_commits_to_a_secret_seed(league: League, race: Race, now: datetime) -> None:
    draft = schedule(league, race, race.starts_at - timedelta(days=7))

    assert (draft.status, draft.order_source, draft.order_data) == ("scheduled", "random", [])
    assert draft.order_commitment == order.commitment(draft.order_seed)
    assert draft.seed_shown == ""
    assert draft.events().get().data == {
        "draft_id": draft.pk,
        "commitment": draft.order_commitment,
        "current_pick": None,
    }
    assert draft.opens_at == race.starts_at - timedelta(days=5)
    assert draft.locks_at == race.qualifying_at


def test_schedule_twice_is_one_draft(league: League, race: Race, now: datetime) -> None:
    assert schedule(league, race, now) == schedule(league, race, now)

    assert Draft.objects.get().version == 1


@pytest.mark.parametrize(
    ("locks_at", "field"),
    [("first_practice", "first_practice_at"), ("qualifying", "qualifying_at"), ("race", "starts_at")],
)
def test_a_draft_locks_with_the_session_the_league_chose(
    league: League, race: Race, now: datetime, locks_at: str, field: str
) -> None:
    race.first_practice_at = race.starts_at - timedelta(days=2)
    race.save()
    League.objects.filter(pk=league.pk).update(draft_locks_at=locks_at)

    assert schedule(league, race, now).locks_at == getattr(race, field)


def test_a_session_without_a_known_start_locks_with_the_race(league: League, now: datetime) -> None:
    race = RaceFactory(season=league.season, qualifying_at=None, starts_at=now + timedelta(days=11))

    assert schedule(league, race, now).locks_at == race.starts_at


def test_open_reveals_the_seed_and_the_order_it_gives(
    draft: Draft, league: League, names: Callable[[], list[str]]
) -> None:
    assert draft.status == "open"
    assert draft.order_data == order.random_order(draft.seed_shown, ids(league))
    assert on_the_clock(draft) == draft.order_data[0]
    assert names() == ["DraftScheduled", "DraftOpened"]
    assert draft.events().get(name="DraftOpened").data == {
        "draft_id": draft.pk,
        "order": draft.order_data,
        "seed": draft.order_seed,
        "pick_seconds": None,
        "reason": "",
        "current_pick": {"pick_number": 1, "round": 1, "constructor": draft.order_data[0], "deadline": None},
    }


def test_initialize_again_changes_nothing(draft: Draft, manager: User, now: datetime) -> None:
    again, happened = lifecycle.initialize_draft(
        league_id=draft.league_id, race_id=draft.race_id, actor=manager, now=now
    )

    assert (again, happened, again.version) == (draft, False, draft.version)


def test_initialize_is_for_managers(league: League, race: Race, now: datetime) -> None:
    player = league.constructors.first().user

    with pytest.raises(NotAllowed):
        lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=player, now=now)

    assert not Draft.objects.exists()


def test_initialize_refuses_another_seasons_race(league: League, manager: User, now: datetime) -> None:
    race = RaceFactory(season=SeasonFactory(year=2025), starts_at=now + timedelta(days=1), entries=4)

    with pytest.raises(errors.CannotDraft, match="not a race of the league's season"):
        lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=now)


@pytest.mark.parametrize("spoil", ["finished", "locked", "no teams", "no entries"])
def test_initialize_refuses_what_cannot_be_drafted_and_writes_nothing(
    league: League, race: Race, manager: User, now: datetime, spoil: str
) -> None:
    if spoil == "finished":
        Race.objects.update(status=Race.Status.FINISHED)
    elif spoil == "locked":
        now = race.qualifying_at
    elif spoil == "no teams":
        league.constructors.all().delete()
    else:
        race.entries.all().delete()

    with pytest.raises(errors.CannotDraft):
        lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=now)

    assert not Draft.objects.exists()


def test_the_next_draft_rotates_the_order(draft: Draft, teams: list[Constructor], race: Race, now: datetime) -> None:
    following = RaceFactory(season=race.season, starts_at=race.starts_at + timedelta(weeks=1), entries=22)
    lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)

    scheduled = schedule(draft.league, following, now)

    assert lifecycle.order_now(scheduled) == [teams[1].pk, teams[2].pk, teams[0].pk]
    assert (scheduled.order_source, scheduled.order_commitment, scheduled.seed_shown) == ("rotation", "", "")


@pytest.mark.parametrize(("method", "next_order"), [("sequential", [2, 1, 0]), ("snake", [1, 2, 0])])
def test_a_team_that_got_too_few_drivers_picks_first_next_time_unless_it_was_first(
    league: League, race: Race, drivers: list[Driver], now: datetime, method: str, next_order: list[int]
) -> None:
    """Three teams and five drivers: the last one goes short, or in a snake the first, which goes last now anyway."""
    League.objects.filter(pk=league.pk).update(draft_method=method)
    race.entries.exclude(driver__in=drivers[:5]).delete()
    following = RaceFactory(season=race.season, starts_at=race.starts_at + timedelta(weeks=1), entries=22)
    draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=now)

    lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)

    upcoming = schedule(League.objects.get(pk=league.pk), following, now)
    assert lifecycle.order_now(upcoming) == [draft.order_data[place] for place in next_order]


def test_rotation_takes_in_who_came_and_drops_who_left_until_it_opens(
    draft: Draft, teams: list[Constructor], race: Race, now: datetime
) -> None:
    following = RaceFactory(season=race.season, starts_at=race.starts_at + timedelta(weeks=1), entries=22)
    scheduled = schedule(draft.league, following, now)
    late = ConstructorFactory(league=draft.league)
    Constructor.objects.filter(pk=teams[2].pk).update(is_active=False)

    opened = lifecycle.open_draft(draft_id=scheduled.pk, actor=None, now=now)

    assert opened.order_data == [teams[1].pk, teams[0].pk, late.pk]


def test_a_void_draft_does_not_rotate(draft: Draft, teams: list[Constructor], race: Race, now: datetime) -> None:
    second = RaceFactory(season=race.season, starts_at=race.starts_at + timedelta(weeks=1), entries=22)
    cancelled = schedule(draft.league, second, now)
    Race.objects.filter(pk=second.pk).update(status=Race.Status.CANCELLED)
    lifecycle.follow_race(draft_id=cancelled.pk, now=now)
    third = RaceFactory(season=race.season, starts_at=race.starts_at + timedelta(weeks=2), entries=22)

    assert lifecycle.order_now(schedule(draft.league, third, now)) == [teams[1].pk, teams[2].pk, teams[0].pk]


def test_a_draft_that_became_void_after_its_order_was_known_hands_it_on(
    draft: Draft, league: League, teams: list[Constructor], race: Race, now: datetime
) -> None:
    following = schedule(
        league, RaceFactory(season=race.season, starts_at=race.starts_at + timedelta(weeks=1), entries=22), now
    )
    Race.objects.filter(pk=race.pk).update(status=Race.Status.CANCELLED)
    lifecycle.follow_race(draft_id=draft.pk, now=now)
    Constructor.objects.filter(pk=teams[1].pk).update(is_active=False)
    late = ConstructorFactory(league=league)

    opened = lifecycle.open_draft(draft_id=following.pk, actor=None, now=now)

    assert opened.order_data == [teams[0].pk, teams[2].pk, late.pk]


def test_a_cancelled_race_that_comes_back_is_rotated_on_like_any_other(
    draft: Draft, teams: list[Constructor], race: Race, now: datetime
) -> None:
    a, b, c = (
        RaceFactory(season=race.season, starts_at=race.starts_at + timedelta(weeks=weeks), entries=22)
        for weeks in (1, 2, 3)
    )
    lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)
    Race.objects.filter(pk=a.pk).update(status=Race.Status.CANCELLED)
    drafts = [schedule(draft.league, each, now) for each in (a, b, c)]
    lifecycle.follow_race(draft_id=drafts[0].pk, now=now)
    Race.objects.filter(pk=a.pk).update(status=Race.Status.SCHEDULED)
    lifecycle.follow_race(draft_id=drafts[0].pk, now=now)

    first = [lifecycle.open_draft(draft_id=each.pk, actor=None, now=now).order_data[0] for each in drafts]

    assert first == [teams[1].pk, teams[2].pk, teams[0].pk]


def test_the_draft_of_a_single_team_takes_the_first_draw_from_nobody(league: League, race: Race, now: datetime) -> None:
    alone, *others = ids(league)
    Constructor.objects.filter(pk__in=others).update(is_active=False)
    lifecycle.run_due(now)
    lifecycle.run_due(race.qualifying_at)
    Constructor.objects.filter(pk__in=others).update(is_active=True)
    following = RaceFactory(season=race.season, starts_at=race.starts_at + timedelta(weeks=1), entries=22)

    draft = schedule(league, following, now)

    assert (Draft.objects.get(race=race).order_data, Draft.objects.get(race=race).picks.count()) == ([alone], 2)
    assert (draft.order_source, bool(draft.order_commitment)) == ("random", True)


def test_set_order_by_a_manager(draft: Draft, teams: list[Constructor], manager: User, now: datetime) -> None:
    wanted = [teams[2].pk, teams[0].pk, teams[1].pk]

    changed = lifecycle.set_order(draft_id=draft.pk, constructor_ids=wanted, actor=manager, now=now)
    again = lifecycle.set_order(draft_id=draft.pk, constructor_ids=wanted, actor=manager, now=now)

    assert (changed.order_data, changed.is_manual, changed.order_source) == (wanted, True, "manual")
    assert changed.last_modified_by == manager
    assert again.version == changed.version
    assert on_the_clock(Draft.objects.get(pk=draft.pk)) == teams[2].pk


def test_a_manual_order_set_before_the_opening_stands(league: League, race: Race, manager: User, now: datetime) -> None:
    draft = schedule(league, race, now)
    wanted = ids(league)[::-1]
    lifecycle.set_order(draft_id=draft.pk, constructor_ids=wanted, actor=manager, now=now)

    assert lifecycle.open_draft(draft_id=draft.pk, actor=None, now=now).order_data == wanted


def test_set_order_is_for_managers(draft: Draft, teams: list[Constructor], now: datetime) -> None:
    with pytest.raises(NotAllowed):
        lifecycle.set_order(draft_id=draft.pk, constructor_ids=draft.order_data, actor=teams[0].user, now=now)


def test_no_order_is_set_from_the_lock_on_however_late_the_draft_is_locked(
    draft: Draft, teams: list[Constructor], manager: User
) -> None:
    ids = [team.pk for team in reversed(teams)]

    with pytest.raises(errors.OrderFixed):
        lifecycle.set_order(draft_id=draft.pk, constructor_ids=ids, actor=manager, now=draft.locks_at)


@pytest.mark.parametrize("wrong", ["missing", "double", "foreign"])
def test_set_order_must_name_every_team_once(
    draft: Draft, teams: list[Constructor], manager: User, now: datetime, wrong: str
) -> None:
    given = {
        "missing": draft.order_data[:2],
        "double": [*draft.order_data, draft.order_data[0]],
        "foreign": [*draft.order_data[:2], ConstructorFactory().pk],
    }[wrong]

    with pytest.raises(errors.WrongOrder) as refusal:
        lifecycle.set_order(draft_id=draft.pk, constructor_ids=given, actor=manager, now=now)

    assert (refusal.value.field, refusal.value.status) == ("order", 400)


def test_set_order_ends_with_the_first_pick(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)

    with pytest.raises(errors.OrderFixed):
        lifecycle.set_order(draft_id=draft.pk, constructor_ids=draft.order_data, actor=manager, now=now)


def test_lock_lets_the_ranking_pick_for_the_absent(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[4], actor=teams[0].user, now=now)

    locked = lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)
    lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)

    assert (locked.status, locked.current_pick) == ("locked", None)
    assert list(locked.picks.values_list("driver_id", flat=True)) == [
        driver.pk for driver in [drivers[4], *drivers[:4], drivers[5]]
    ]
    assert draft.events().filter(name="DraftLocked").count() == 1


def test_lock_before_its_time_does_nothing(draft: Draft) -> None:
    early = draft.locks_at - timedelta(seconds=1)

    assert lifecycle.lock_draft(draft_id=draft.pk, now=early).status == "open"


def test_lock_takes_a_paused_draft_along(draft: Draft) -> None:
    Draft.objects.filter(pk=draft.pk).update(status=Draft.Status.PAUSED)

    locked = lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)

    assert (locked.status, locked.picks.count()) == ("locked", 6)


def test_lock_drafts_for_a_league_that_nobody_opened(league: League, race: Race, now: datetime) -> None:
    draft = schedule(league, race, now)

    locked = lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)

    assert (locked.status, locked.picks.count()) == ("locked", 6)


def test_lock_voids_what_never_could_start(league: League, race: Race, now: datetime) -> None:
    race.entries.all().delete()
    draft = schedule(league, race, now)

    locked = lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)

    assert locked.status == "void"
    assert draft.events().last().data["reason"] == "The entry list of this race is not known yet."


def test_a_cancelled_race_makes_the_draft_void_and_keeps_its_picks(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], race: Race, now: datetime
) -> None:
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    Race.objects.filter(pk=race.pk).update(status=Race.Status.CANCELLED)

    lifecycle.follow_race(draft_id=draft.pk, now=now)
    void = lifecycle.follow_race(draft_id=draft.pk, now=now)

    assert (void.status, void.current_pick, void.picks.count()) == ("void", None, 1)
    assert draft.events().filter(name="DraftVoided").count() == 1


def test_a_race_that_comes_back_is_drafted_anew_in_the_same_order(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], race: Race, now: datetime
) -> None:
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    Race.objects.filter(pk=race.pk).update(status=Race.Status.CANCELLED)
    lifecycle.follow_race(draft_id=draft.pk, now=now)
    later = timedelta(weeks=10)
    Race.objects.filter(pk=race.pk).update(
        status=Race.Status.SCHEDULED, starts_at=race.starts_at + later, qualifying_at=race.qualifying_at + later
    )

    back = lifecycle.follow_race(draft_id=draft.pk, now=now)

    assert (back.status, back.picks.count(), back.order_data) == ("scheduled", 0, draft.order_data)
    assert lifecycle.order_now(back) == draft.order_data
    assert lifecycle.open_draft(draft_id=draft.pk, actor=None, now=now).order_data == draft.order_data


def test_a_draft_goes_on_when_its_race_comes_back_at_the_old_time(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], race: Race, now: datetime
) -> None:
    """As after a calendar of the upstream that lacked a race for a day."""
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    Autopilot.objects.create(constructor=teams[1], since=now)
    for status in (Race.Status.CANCELLED, Race.Status.SCHEDULED):
        Race.objects.filter(pk=race.pk).update(status=status)
        lifecycle.run_due(now)

    back = Draft.objects.get()
    assert (back.status, back.picks.count(), on_the_clock(back)) == ("open", 2, teams[2].pk)
    assert list(draft.events().values_list("name", flat=True))[-4:] == [
        "DraftVoided", "DraftMoved", "DraftResumed", "PickMade",
    ]  # fmt: skip


def test_a_locked_draft_counts_again_when_its_race_was_held_after_all(draft: Draft, race: Race, now: datetime) -> None:
    lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)
    Race.objects.filter(pk=race.pk).update(status=Race.Status.CANCELLED)
    lifecycle.run_due(draft.locks_at)
    assert Draft.objects.get().status == "void"

    Race.objects.filter(pk=race.pk).update(status=Race.Status.FINISHED)
    lifecycle.run_due(race.starts_at + timedelta(hours=20))

    back = Draft.objects.get()
    assert (back.status, back.current_pick, back.picks.count()) == ("locked", None, 6)


def test_what_never_opened_stays_void_once_it_is_too_late(league: League, race: Race, now: datetime) -> None:
    draft = schedule(league, race, now)
    Race.objects.filter(pk=race.pk).update(status=Race.Status.CANCELLED)
    lifecycle.run_due(now)
    void = Draft.objects.get()
    assert (void.status, void.seed_shown) == ("void", "")

    Race.objects.filter(pk=race.pk).update(status=Race.Status.SCHEDULED)
    late = lifecycle.follow_race(draft_id=draft.pk, now=race.qualifying_at)
    assert late.status == "void"
    in_time = lifecycle.follow_race(draft_id=draft.pk, now=now)
    assert (in_time.status, in_time.locks_at) == ("scheduled", draft.locks_at)


@pytest.mark.parametrize(("hours", "picks", "status"), [(2, 1, "open"), (72, 1, "open"), (73, 0, "scheduled")])
def test_picks_stand_when_the_race_moves_by_at_most_72_hours(
    draft: Draft,
    teams: list[Constructor],
    drivers: list[Driver],
    race: Race,
    now: datetime,
    hours: int,
    picks: int,
    status: str,
) -> None:
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    by = timedelta(hours=hours)
    Race.objects.filter(pk=race.pk).update(starts_at=race.starts_at + by, qualifying_at=race.qualifying_at + by)

    moved = lifecycle.follow_race(draft_id=draft.pk, now=now)
    again = lifecycle.follow_race(draft_id=draft.pk, now=now)

    assert (moved.status, moved.picks.count()) == (status, picks)
    assert moved.locks_at == draft.locks_at + by
    assert again.version == moved.version


def test_a_scheduled_draft_just_moves(league: League, race: Race, now: datetime) -> None:
    draft = schedule(league, race, now)
    by = timedelta(days=30)
    Race.objects.filter(pk=race.pk).update(starts_at=race.starts_at + by, qualifying_at=race.qualifying_at + by)

    moved = lifecycle.follow_race(draft_id=draft.pk, now=now)

    assert (moved.status, moved.locks_at) == ("scheduled", draft.locks_at + by)
    assert moved.events().last().data["reset"] is False


def test_a_finished_race_moves_no_draft(draft: Draft, race: Race, now: datetime) -> None:
    Race.objects.filter(pk=race.pk).update(status=Race.Status.FINISHED, starts_at=race.starts_at + timedelta(days=9))

    assert lifecycle.follow_race(draft_id=draft.pk, now=now).version == draft.version


def test_beat_schedules_opens_and_locks_by_itself(league: League, race: Race, now: datetime) -> None:
    lifecycle.run_due(race.starts_at - timedelta(days=6))
    assert Draft.objects.get().status == "scheduled"

    lifecycle.run_due(race.starts_at - timedelta(days=5))
    lifecycle.run_due(race.starts_at - timedelta(days=5))
    assert Draft.objects.get().status == "open"

    lifecycle.run_due(race.qualifying_at)
    locked = Draft.objects.get()
    assert (locked.status, locked.picks.count()) == ("locked", 6)


def test_beat_waits_for_a_second_team_but_not_past_the_lock(league: League, race: Race, now: datetime) -> None:
    alone, *others = league.constructors.all()
    Constructor.objects.filter(pk__in=[team.pk for team in others]).update(is_active=False)

    lifecycle.run_due(now)
    lifecycle.run_due(race.starts_at - timedelta(days=2))
    assert Draft.objects.get().status == "scheduled"

    lifecycle.run_due(race.qualifying_at)
    locked = Draft.objects.get()
    assert (locked.status, set(locked.picks.values_list("constructor", flat=True))) == ("locked", {alone.pk})


@pytest.mark.parametrize(("hours_before", "hours_until"), [(96, 24), (60, 18), (25, 0.5)])
def test_a_draft_that_is_scheduled_late_leaves_time_to_join(
    league: League, race: Race, hours_before: float, hours_until: float
) -> None:
    """Qualifying is 24 hours before the race: where less than two days are left, it is half of them."""
    founded = race.starts_at - timedelta(hours=hours_before)

    lifecycle.run_due(founded)

    draft = Draft.objects.get()
    assert (draft.status, draft.opens_at - founded) == ("scheduled", timedelta(hours=hours_until))
    lifecycle.run_due(draft.opens_at)
    assert Draft.objects.get().status == "open"


def test_a_league_that_came_together_after_the_lock_does_not_draft_that_race(league: League, race: Race) -> None:
    league.constructors.update(joined_at=race.qualifying_at)

    lifecycle.run_due(race.qualifying_at + timedelta(hours=1))
    assert not Draft.objects.exists()

    Constructor.objects.filter(pk=league.constructors.first().pk).update(
        joined_at=race.qualifying_at - timedelta(hours=1)
    )
    lifecycle.run_due(race.qualifying_at + timedelta(hours=1))
    lifecycle.run_due(race.qualifying_at + timedelta(hours=1))
    assert Draft.objects.get().status == "locked"


def test_a_changed_lock_applies_from_the_next_draft_on(
    league: League, race: Race, manager: User, now: datetime
) -> None:
    before = schedule(league, race, now)
    assert before.locks_at == race.qualifying_at

    change_league(league_id=league.pk, actor=manager, now=now, draft_locks_at="race")
    lifecycle.run_due(now)
    opened, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=now)
    assert opened.locks_at == race.starts_at

    change_league(league_id=league.pk, actor=manager, now=now, draft_locks_at="qualifying", draft_opens_days=9)
    lifecycle.run_due(now)
    after = Draft.objects.get()
    assert (after.locks_at, after.opens_at, after.version) == (race.starts_at, now, opened.version)


def test_beat_waits_for_an_entry_list(league: League, race: Race, now: datetime) -> None:
    entries = list(race.entries.all())
    race.entries.all().delete()

    lifecycle.run_due(now)
    lifecycle.run_due(race.starts_at - timedelta(days=2))
    assert Draft.objects.get().status == "scheduled"

    race.entries.bulk_create(entries)
    lifecycle.run_due(race.starts_at - timedelta(days=2))
    assert Draft.objects.get().status == "open"


def test_a_draft_that_cannot_be_mended_stops_no_other(
    draft: Draft, league: League, race: Race, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = LeagueFactory(season=race.season)
    ConstructorFactory.create_batch(2, league=other)
    lifecycle.initialize_draft(league_id=other.pk, race_id=race.pk, actor=other.creator, now=now)

    def lock(*, draft_id: int, now: datetime) -> None:
        if draft_id == draft.pk:
            raise RuntimeError("out of order")
        lock_draft(draft_id=draft_id, now=now)

    lock_draft = lifecycle.lock_draft
    monkeypatch.setattr(lifecycle, "lock_draft", lock)

    with pytest.raises(ExceptionGroup, match="Some drafts could not be brought up to date") as failed:
        lifecycle.run_due(draft.locks_at)

    assert [str(error) for error in failed.value.exceptions] == ["out of order"]
    assert failed.value.exceptions[0].__notes__ == [f"lock of {{'draft_id': {draft.pk}, 'now': {draft.locks_at!r}}}"]
    assert dict(Draft.objects.values_list("league", "status")) == {league.pk: "open", other.pk: "locked"}


def test_a_league_that_locks_with_the_race_is_rotated_after_it(league: League, race: Race, now: datetime) -> None:
    League.objects.filter(pk=league.pk).update(draft_locks_at="race", draft_method="sequential")
    race.entries.exclude(pk__in=race.entries.values("pk")[:5]).delete()
    following = RaceFactory(season=race.season, starts_at=race.starts_at + timedelta(weeks=1), entries=22)
    draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=now)

    lifecycle.run_due(race.starts_at)

    first, second, short = draft.order_data
    assert lifecycle.order_now(Draft.objects.get(race=following)) == [short, second, first]


def test_beat_plays_autopilots_that_were_overlooked(draft: Draft, teams: list[Constructor], now: datetime) -> None:
    """As when a draft opens in the very moment in which a team switches its autopick on."""
    for team in teams[:2]:
        Autopilot.objects.create(constructor=team, since=now)

    lifecycle.run_due(now)
    lifecycle.run_due(now)

    draft.refresh_from_db()
    assert (on_the_clock(draft), draft.picks.count()) == (teams[2].pk, 2)


def test_beat_mends_what_a_lost_announcement_left(draft: Draft, teams: list[Constructor], now: datetime) -> None:
    Constructor.objects.filter(pk=teams[0].pk).update(is_active=False)

    lifecycle.run_due(now)

    draft.refresh_from_db()
    assert on_the_clock(draft) == teams[1].pk


def test_beat_follows_a_race_whose_move_was_not_announced(draft: Draft, race: Race, now: datetime) -> None:
    by = timedelta(hours=3)
    Race.objects.filter(pk=race.pk).update(starts_at=race.starts_at + by, qualifying_at=race.qualifying_at + by)

    lifecycle.run_due(now)

    assert Draft.objects.get().locks_at == draft.locks_at + by


def test_beat_schedules_nothing_for_a_league_without_teams_or_races(now: datetime) -> None:
    LeagueFactory()
    ConstructorFactory()

    run_due_drafts()

    assert not Draft.objects.exists()


def test_open_plays_autopilots_at_once(league: League, race: Race, manager: User, now: datetime) -> None:
    for team in league.constructors.all():
        Autopilot.objects.create(constructor=team, since=now)

    draft = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=now)[0]

    assert (draft.status, draft.picks.count()) == ("complete", 6)


def test_a_host_may_open_any_draft(league: League, race: Race, now: datetime) -> None:
    host = UserFactory(is_superuser=True)

    assert lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=host, now=now)[0].status == "open"


def test_an_open_draft_is_not_opened_again(draft: Draft, now: datetime) -> None:
    assert lifecycle.open_draft(draft_id=draft.pk, actor=None, now=now).version == draft.version


def test_an_order_set_after_a_team_left_starts_with_its_first_pick(league: League, race: Race, now: datetime) -> None:
    draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=now)
    gone, *stay = draft.order_data
    Constructor.objects.filter(pk=gone).update(is_active=False)
    withdraw_constructor(draft_id=draft.pk, constructor_id=gone, now=now)

    draft = lifecycle.set_order(draft_id=draft.pk, constructor_ids=stay[::-1], actor=league.creator, now=now)

    assert (draft.current_pick, on_the_clock(draft), draft.withdrawn) == (1, stay[-1], [])


def test_an_order_may_name_a_team_that_came_back(league: League, race: Race, now: datetime) -> None:
    draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=now)
    first, *others = draft.order_data
    withdraw_constructor(draft_id=draft.pk, constructor_id=first, now=now)

    draft = lifecycle.set_order(draft_id=draft.pk, constructor_ids=[first, *others], actor=league.creator, now=now)

    assert (draft.current_pick, on_the_clock(draft), draft.withdrawn) == (1, first, [])


def test_a_race_drafted_before_an_earlier_one_has_its_order_draws_its_own(
    league: League, race: Race, now: datetime
) -> None:
    schedule(league, race, now)
    later = RaceFactory(season=league.season, starts_at=race.starts_at + timedelta(days=7), entries=22)

    draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=later.pk, actor=league.creator, now=now)

    assert draft.order_source == "random"
    assert draft.order_data == order.random_order(draft.order_seed, ids(league))
