"""Founding and running leagues: limits, who may, what is logged, who gets into the admin."""

import re
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from accounts.models import User
from drafts import lifecycle
from drafts.picks import make_pick
from fantasy_f1.core.errors import DomainError, Invalid
from fantasy_f1.core.models import EventLog
from leagues import managers, membership
from leagues.models import Constructor, League
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, SeasonFactory, UserFactory

pytestmark = pytest.mark.django_db


def refused(code: str, field: str | None = None) -> "pytest.RaisesExc[DomainError]":
    return pytest.raises(DomainError, check=lambda error: (error.code, error.field) == (code, field))


def create(creator: User, now: datetime, **values: Any) -> League:
    return managers.create_league(
        **{"creator": creator, "name": "Ours", "season": SeasonFactory(), "now": now, **values}
    )


def test_the_creator_manages_but_does_not_play(now: datetime) -> None:
    creator = UserFactory()

    league = create(creator, now, name=" Ours ", draft_method="sequential", is_private=False)

    creator.refresh_from_db()
    assert (league.name, league.draft_method, league.is_private) == ("Ours", "sequential", False)
    assert list(league.managers.all()) == [creator]
    assert creator.is_staff
    assert not Constructor.objects.exists()
    row = league.events().get()
    assert (row.name, row.actor) == ("LeagueCreated", creator)


def test_codes_are_eight_letters_that_nobody_mixes_up(now: datetime) -> None:
    creator = UserFactory()

    codes = {create(creator, now).code for _ in range(20)}

    assert len(codes) == 20
    assert all(re.fullmatch(r"[A-HJKMNP-Z2-9]{8}", code) for code in codes)


def test_a_code_that_is_taken_is_drawn_again(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    creator = LeagueFactory(code="A" * 8).creator
    letters = iter("A" * 8 + "B" * 8)
    monkeypatch.setattr(managers.secrets, "choice", lambda _: next(letters))

    league = create(creator, now)

    assert league.code == "B" * 8


def test_another_broken_constraint_is_not_taken_for_a_code(now: datetime) -> None:
    league = League(name="Ours", creator=UserFactory(), season=SeasonFactory(), max_teams=1, created_at=now)

    with pytest.raises(managers.IntegrityError):
        managers._save_with_new_code(league)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "\u202eGrid"}, "name"),
        ({"name": "Grid\nGrid"}, "name"),
        ({"draft_method": "auction"}, "draft_method"),
        ({"draft_opens_days": 15}, "draft_opens_days"),
        ({"draft_locks_at": "never"}, "draft_locks_at"),
        ({"max_teams": 1}, "max_teams"),
        ({"max_teams": 12}, "max_teams"),
        ({"pick_seconds": 14}, "pick_seconds"),
        ({"pick_seconds": 301}, "pick_seconds"),
        ({"pick_seconds": 3_599}, "pick_seconds"),
        ({"pick_seconds": 86_401}, "pick_seconds"),
        ({"quiet_from": None}, "quiet_from"),
        ({"quiet_until": None}, "quiet_until"),
        ({"quiet_until": time(22)}, "quiet_until"),
        ({"quiet_until": time(21, 1)}, "quiet_until"),
        ({"quiet_until": time(8, 0, 1)}, "quiet_from"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
    ],
)
def test_create_names_the_field_at_fault(now: datetime, values: dict[str, Any], field: str) -> None:
    with refused("invalid", field):
        create(UserFactory(), now, **values)


def test_a_new_league_drafts_slowly_where_its_creator_lives(now: datetime) -> None:
    league = create(UserFactory(time_zone="Asia/Tokyo"), now)

    assert league.pace == "8 hours a pick, quiet from 22:00 to 08:00 (Asia/Tokyo)"
    assert create(UserFactory(time_zone="Asia/Tokyo"), now, time_zone="Asia/Kolkata").time_zone == "Asia/Kolkata"


@pytest.mark.parametrize(
    ("values", "pace"),
    [
        ({"pick_seconds": None}, "No clock"),
        ({"pick_seconds": 15}, "15 seconds a pick"),
        ({"pick_seconds": 300}, "300 seconds a pick"),
        ({"pick_seconds": 3_600, "quiet_from": None, "quiet_until": None}, "1 hour a pick"),
        ({"pick_seconds": 86_400, "quiet_until": time(21)}, "24 hours a pick, quiet from 22:00 to 21:00 (UTC)"),
        ({"pick_seconds": 5_000}, "1.39 hours a pick, quiet from 22:00 to 08:00 (UTC)"),
    ],
)
def test_a_league_has_one_of_three_paces(now: datetime, values: dict[str, Any], pace: str) -> None:
    assert create(UserFactory(), now, **values).pace == pace


def test_create_with_more_teams_than_half_the_drivers_is_refused(now: datetime) -> None:
    season = RaceFactory(starts_at=now + timedelta(days=4), entries=20).season

    with pytest.raises(Invalid, match="2 to 10 teams"):
        create(UserFactory(), now, season=season, max_teams=11)


def test_a_season_is_over_with_its_last_race(now: datetime) -> None:
    last = RaceFactory(starts_at=now)

    with refused("season_over", "season"):
        create(UserFactory(), now, season=last.season)
    assert create(UserFactory(), now - timedelta(minutes=1), season=last.season).season == last.season


def test_create_for_a_season_that_is_over_is_refused(now: datetime) -> None:
    with refused("season_over", "season"):
        create(UserFactory(), now, season=SeasonFactory(year=2025))


def test_change_logs_what_differs(now: datetime) -> None:
    league = LeagueFactory(name="Old", max_teams=8)

    managers.change_league(league_id=league.pk, actor=league.creator, now=now, name=" New ", max_teams=8)

    league.refresh_from_db()
    row = league.events().get()
    assert (league.name, row.name, row.data["changed"]) == ("New", "LeagueChanged", {"name": "New"})


def test_change_logs_times_of_day(now: datetime) -> None:
    league = LeagueFactory()

    managers.change_league(
        league_id=league.pk, actor=league.creator, now=now, quiet_from=time(23), quiet_until=time(7, 30)
    )

    assert league.events().get().data["changed"] == {"quiet_from": "23:00:00", "quiet_until": "07:30:00"}


def test_change_to_the_same_writes_nothing(now: datetime) -> None:
    league = LeagueFactory()

    managers.change_league(league_id=league.pk, actor=league.creator, now=now, name=league.name)

    assert not EventLog.objects.exists()


def test_change_takes_a_manager(now: datetime) -> None:
    team = ConstructorFactory()

    with refused("not_allowed"):
        managers.change_league(league_id=team.league_id, actor=team.user, now=now, name="Mine")


@pytest.mark.parametrize("field", ["season", "code", "creator"])
def test_change_leaves_alone_what_is_fixed(now: datetime, field: str) -> None:
    league = LeagueFactory()

    with refused("invalid", field):
        managers.change_league(league_id=league.pk, actor=league.creator, now=now, **{field: None})


def test_change_cannot_push_out_teams(now: datetime) -> None:
    league = LeagueFactory()
    ConstructorFactory.create_batch(3, league=league)
    ConstructorFactory(league=league, is_active=False)

    with refused("invalid", "max_teams"):
        managers.change_league(league_id=league.pk, actor=league.creator, now=now, max_teams=2)
    managers.change_league(league_id=league.pk, actor=league.creator, now=now, max_teams=3)

    league.refresh_from_db()
    assert league.max_teams == 3


def test_change_of_something_else_does_not_ask_for_a_limit_that_fell_since(now: datetime) -> None:
    league = LeagueFactory(max_teams=11, season=RaceFactory(entries=20).season)

    managers.change_league(league_id=league.pk, actor=league.creator, now=now, name="New")

    league.refresh_from_db()
    assert (league.name, league.max_teams) == ("New", 11)


def test_delete_an_empty_league(now: datetime) -> None:
    creator = UserFactory()
    league = create(creator, now)
    ConstructorFactory(league=league, user=creator)

    managers.delete_league(league_id=league.pk, actor=creator, now=now)

    creator.refresh_from_db()
    assert not League.objects.exists()
    assert not creator.is_staff
    assert EventLog.objects.last().name == "LeagueDeleted"


def test_delete_is_refused_once_somebody_else_has_played(now: datetime) -> None:
    league = ConstructorFactory(is_active=False).league

    with refused("league_in_use"):
        managers.delete_league(league_id=league.pk, actor=league.creator, now=now)


def test_delete_is_refused_once_it_has_drafted(now: datetime) -> None:
    race = RaceFactory(starts_at=now + timedelta(days=4), entries=22)
    league = LeagueFactory(season=race.season)
    team = ConstructorFactory(league=league, user=league.creator)
    draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=team.user, now=now)
    driver = race.entries.all()[0].driver
    make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=now)

    with refused("league_in_use"):
        managers.delete_league(league_id=league.pk, actor=team.user, now=now)

    assert not league.events().filter(name="LeagueDeleted").exists()


def test_delete_takes_a_manager(now: datetime) -> None:
    with refused("not_allowed"):
        managers.delete_league(league_id=LeagueFactory().pk, actor=UserFactory(), now=now)


def test_a_player_becomes_manager_once(now: datetime) -> None:
    team = ConstructorFactory()

    for _ in range(2):
        managers.add_manager(league_id=team.league_id, actor=team.league.creator, user=team.user, now=now)

    team.user.refresh_from_db()
    assert team.user.is_staff
    ids = sorted([team.league.creator_id, team.user_id])
    assert [event.data["user_ids"] for event in team.league.events()] == [ids]


def test_a_stranger_cannot_be_made_manager(now: datetime) -> None:
    league = LeagueFactory()

    with refused("invalid", "user"):
        managers.add_manager(league_id=league.pk, actor=league.creator, user=UserFactory(), now=now)


def test_a_player_cannot_make_managers(now: datetime) -> None:
    team = ConstructorFactory()

    with refused("not_allowed"):
        managers.add_manager(league_id=team.league_id, actor=team.user, user=team.user, now=now)


def test_the_host_may_take_over_a_league(now: datetime) -> None:
    host = UserFactory(is_superuser=True)
    league = LeagueFactory()

    managers.hand_over(league_id=league.pk, actor=host, to=host, now=now)
    managers.remove_manager(league_id=league.pk, actor=host, user=league.creator, now=now)

    host.refresh_from_db()
    assert list(league.managers.all()) == [host]
    assert host.is_staff


def test_the_last_manager_stays(now: datetime) -> None:
    league = LeagueFactory()

    with refused("last_manager"):
        managers.remove_manager(league_id=league.pk, actor=league.creator, user=league.creator, now=now)


def test_a_manager_whose_account_is_closed_is_not_left_alone(now: datetime) -> None:
    closed = UserFactory(is_active=False)
    league = LeagueFactory()
    league.managers.add(closed)

    with refused("last_manager"):
        managers.remove_manager(league_id=league.pk, actor=league.creator, user=league.creator, now=now)
    with refused("invalid", "user"):
        managers.hand_over(league_id=league.pk, actor=league.creator, to=closed, now=now)
    managers.remove_manager(league_id=league.pk, actor=league.creator, user=closed, now=now)

    assert list(league.managers.all()) == [league.creator]


def test_a_manager_who_does_not_play_may_be_named_again_and_take_the_league(now: datetime) -> None:
    league, other = LeagueFactory(), UserFactory()
    league.managers.add(other)

    managers.add_manager(league_id=league.pk, actor=league.creator, user=other, now=now)
    managers.hand_over(league_id=league.pk, actor=league.creator, to=other, now=now)

    assert list(league.managers.all()) == [other]


def test_remove_manager_is_safe_to_repeat(now: datetime) -> None:
    league = LeagueFactory()
    other = UserFactory(is_staff=True)
    league.managers.add(other)

    for _ in range(2):
        managers.remove_manager(league_id=league.pk, actor=league.creator, user=other, now=now)

    other.refresh_from_db()
    assert not other.is_staff
    assert league.events().count() == 1


def test_who_manages_another_league_keeps_the_admin(now: datetime) -> None:
    creator = UserFactory()
    league = create(creator, now)
    create(creator, now)
    team = ConstructorFactory(league=league)

    managers.hand_over(league_id=league.pk, actor=creator, to=team.user, now=now)

    creator.refresh_from_db()
    assert list(league.managers.all()) == [team.user]
    assert creator.is_staff


def test_a_new_code_ends_the_old_one(now: datetime) -> None:
    league = LeagueFactory(code="PRVT2345", is_private=True)

    managers.renew_code(league_id=league.pk, actor=league.creator, now=now)

    league.refresh_from_db()
    assert league.code != "PRVT2345"
    assert [(event.name, event.data) for event in league.events()] == [("CodeRenewed", {"league_id": league.pk})]
    with pytest.raises(DomainError, match="not the code"):
        membership.join_league(league_id=league.pk, user=UserFactory(), team_name="Me", code="PRVT2345", now=now)
    with pytest.raises(DomainError, match="Only a manager"):
        managers.renew_code(league_id=league.pk, actor=UserFactory(), now=now)
