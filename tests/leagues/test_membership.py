"""Joining and leaving: limits, safety of repeating, what is logged."""

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from fantasy_f1.core.errors import DomainError
from leagues import managers, membership
from leagues.models import Constructor, League
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, SeasonFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def league() -> League:
    return LeagueFactory(code="PRVT2345", is_private=True)


@pytest.fixture
def user() -> User:
    return UserFactory()


def events(league: League) -> list[str]:
    return [event.name for event in league.events()]


def refused(code: str) -> "pytest.RaisesExc[DomainError]":
    return pytest.raises(DomainError, check=lambda error: error.code == code)


def test_join_enters_a_team_with_the_first_free_colour(now: datetime, user: User) -> None:
    league = LeagueFactory()
    ConstructorFactory(league=league, color=membership.COLOURS[0])

    team = membership.join_league(league_id=league.pk, user=user, team_name="  Box   Box ", now=now)

    assert (team.team_name, team.color, team.is_active, team.joined_at) == ("Box Box", membership.COLOURS[1], True, now)
    row = league.events().get()
    assert (row.name, row.data, row.actor) == (
        "ConstructorJoined",
        {"league_id": league.pk, "constructor_id": team.pk},
        user,
    )


def test_join_again_answers_the_standing_team(now: datetime, league: League, user: User) -> None:
    first = membership.join_league(league_id=league.pk, user=user, team_name="One", code="prvt2345 ", now=now)

    again = membership.join_league(league_id=league.pk, user=user, team_name="Two", now=now)

    assert (again, again.team_name) == (first, "One")
    assert events(league) == ["ConstructorJoined"]


@pytest.mark.parametrize("code", ["", "PRVT2346"])
def test_join_a_private_league_takes_its_code(now: datetime, league: League, user: User, code: str) -> None:
    with refused("wrong_code"):
        membership.join_league(league_id=league.pk, user=user, team_name="One", code=code, now=now)


def test_join_a_private_league_as_its_manager_takes_no_code(now: datetime, league: League) -> None:
    team = membership.join_league(league_id=league.pk, user=league.creator, team_name="One", now=now)

    assert team.is_active


@pytest.mark.parametrize("name", ["bOX boX", "BOX  BOX"])
def test_join_with_a_name_of_the_league_is_refused(now: datetime, user: User, name: str) -> None:
    league = ConstructorFactory(team_name="Box Box").league

    with refused("team_name_taken"):
        membership.join_league(league_id=league.pk, user=user, team_name=name, now=now)


def test_names_compare_without_case_beyond_ascii(now: datetime, user: User) -> None:
    league = ConstructorFactory(team_name="Élan Öl").league

    with refused("team_name_taken"):
        membership.join_league(league_id=league.pk, user=user, team_name="éLAN ÖL", now=now)


def test_the_database_has_the_last_word_on_equal_names(
    now: datetime, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = ConstructorFactory(team_name="i")
    other = ConstructorFactory(league=team.league, team_name="o")
    monkeypatch.setattr(membership, "_free_name", lambda *_, **__: "I")

    with refused("team_name_taken"):
        membership.join_league(league_id=team.league_id, user=user, team_name="İ", now=now)
    with refused("team_name_taken"):
        membership.rename_constructor(constructor_id=other.pk, team_name="İ", actor=other.user, now=now)


def test_the_same_name_is_free_in_another_league(now: datetime, user: User) -> None:
    ConstructorFactory(team_name="Box Box")

    team = membership.join_league(league_id=LeagueFactory().pk, user=user, team_name="Box Box", now=now)

    assert team.team_name == "Box Box"


@pytest.mark.parametrize("name", [" ", "x" * 41, "\u200b", "\u3164", "Box\u202e"])
def test_join_with_a_name_that_is_none_is_refused(now: datetime, user: User, name: str) -> None:
    with refused("invalid"):
        membership.join_league(league_id=LeagueFactory().pk, user=user, team_name=name, now=now)


def test_join_a_full_league_is_refused(now: datetime, user: User) -> None:
    league = LeagueFactory(max_teams=2)
    ConstructorFactory.create_batch(2, league=league)

    with refused("league_full"):
        membership.join_league(league_id=league.pk, user=user, team_name="One", now=now)


def test_half_the_drivers_entered_is_the_limit_too(now: datetime, user: User) -> None:
    league = LeagueFactory(max_teams=8, season=RaceFactory(starts_at=now + timedelta(days=4), entries=5).season)
    ConstructorFactory.create_batch(2, league=league)

    with refused("league_full"):
        membership.join_league(league_id=league.pk, user=user, team_name="One", now=now)


def test_who_left_makes_room(now: datetime, user: User) -> None:
    league = LeagueFactory(max_teams=2)
    gone, _ = ConstructorFactory.create_batch(2, league=league)
    membership.leave_league(league_id=league.pk, user=gone.user, now=now)

    team = membership.join_league(league_id=league.pk, user=user, team_name="One", now=now)

    assert team.color not in set(league.constructors.playing().exclude(pk=team.pk).values_list("color", flat=True))


def test_join_a_season_that_is_over_is_refused(now: datetime, user: User) -> None:
    league = LeagueFactory(season=SeasonFactory(year=2025))

    with refused("season_over"):
        membership.join_league(league_id=league.pk, user=user, team_name="One", now=now)


def test_leaving_keeps_the_team_and_can_be_repeated(now: datetime) -> None:
    team = ConstructorFactory()

    membership.leave_league(league_id=team.league_id, user=team.user, now=now)
    membership.leave_league(league_id=team.league_id, user=team.user, now=now)

    team.refresh_from_db()
    assert (team.is_active, team.left_at, team.was_removed) == (False, now, False)
    assert [event.data for event in team.league.events()] == [
        {"league_id": team.league_id, "constructor_id": team.pk, "removed": False, "reason": ""}
    ]


def test_coming_back_takes_up_the_same_team(now: datetime) -> None:
    team = ConstructorFactory(team_name="Old", color=membership.COLOURS[3])
    membership.leave_league(league_id=team.league_id, user=team.user, now=now)

    back = membership.join_league(league_id=team.league_id, user=team.user, team_name="New", now=now)

    assert (back, back.team_name, back.color, back.left_at) == (team, "New", membership.COLOURS[3], None)


def test_coming_back_gives_up_a_colour_that_was_taken_meanwhile(now: datetime) -> None:
    team = ConstructorFactory(color=membership.COLOURS[0])
    membership.leave_league(league_id=team.league_id, user=team.user, now=now)
    ConstructorFactory(league=team.league, color=membership.COLOURS[0])

    back = membership.join_league(league_id=team.league_id, user=team.user, team_name="", now=now)

    assert (back.team_name, back.color) == (team.team_name, membership.COLOURS[1])


def test_a_manager_who_leaves_still_manages(now: datetime) -> None:
    league = LeagueFactory()
    ConstructorFactory(league=league, user=league.creator)

    membership.leave_league(league_id=league.pk, user=league.creator, now=now)

    assert list(league.managers.all()) == [league.creator]


def test_remove_logs_the_reason_once(now: datetime) -> None:
    team = ConstructorFactory()
    manager = team.league.creator

    for _ in range(2):
        membership.remove_constructor(constructor_id=team.pk, actor=manager, reason=" Gone quiet ", now=now)

    team.refresh_from_db()
    assert (team.is_active, team.was_removed) == (False, True)
    row = team.league.events().get()
    assert (row.actor, row.data["removed"], row.data["reason"]) == (manager, True, "Gone quiet")


def test_remove_takes_a_reason(now: datetime) -> None:
    team = ConstructorFactory()

    with refused("invalid"):
        membership.remove_constructor(constructor_id=team.pk, actor=team.league.creator, reason=" ", now=now)


def test_remove_takes_a_manager(now: datetime) -> None:
    team = ConstructorFactory()

    with refused("not_allowed"):
        membership.remove_constructor(constructor_id=team.pk, actor=team.user, reason="No", now=now)


def test_whoever_was_removed_comes_back_by_invitation_only(now: datetime, league: League) -> None:
    team = ConstructorFactory(league=league)
    manager = league.creator
    membership.remove_constructor(constructor_id=team.pk, actor=manager, reason="Gone quiet", now=now)
    with refused("removed"):
        membership.join_league(league_id=league.pk, user=team.user, team_name="Me", code=league.code, now=now)

    membership.invite_back(constructor_id=team.pk, actor=manager, now=now)
    membership.invite_back(constructor_id=team.pk, actor=manager, now=now)
    back = membership.join_league(league_id=league.pk, user=team.user, team_name="Me", code=league.code, now=now)

    assert (back, back.is_active, back.was_removed) == (team, True, False)
    assert events(league) == ["ConstructorLeft", "ConstructorInvited", "ConstructorJoined"]


def test_inviting_back_takes_a_manager(now: datetime) -> None:
    team = ConstructorFactory(is_active=False, was_removed=True)

    with refused("not_allowed"):
        membership.invite_back(constructor_id=team.pk, actor=team.user, now=now)


def test_rename_is_logged_once(now: datetime) -> None:
    team = ConstructorFactory()

    for _ in range(2):
        renamed = membership.rename_constructor(constructor_id=team.pk, team_name="New", actor=team.user, now=now)

    assert renamed.team_name == "New"
    assert [event.data["team_name"] for event in team.league.events()] == ["New"]


def test_rename_may_change_the_case_of_the_own_name(now: datetime) -> None:
    team = ConstructorFactory(team_name="box")

    renamed = membership.rename_constructor(constructor_id=team.pk, team_name="BOX", actor=team.user, now=now)

    assert renamed.team_name == "BOX"


def test_rename_takes_the_owner(now: datetime) -> None:
    team = ConstructorFactory()

    with refused("not_allowed"):
        membership.rename_constructor(constructor_id=team.pk, team_name="New", actor=team.league.creator, now=now)


def test_recolour_takes_a_free_colour_of_the_palette(now: datetime) -> None:
    team = ConstructorFactory(color=membership.COLOURS[0])
    other = ConstructorFactory(league=team.league, color=membership.COLOURS[1])

    def recolour(color: str) -> Constructor:
        return membership.recolour_constructor(constructor_id=team.pk, color=color, actor=team.user, now=now)

    with refused("colour_taken"):
        recolour(other.color)
    with refused("invalid"):
        recolour("#000000")
    recolour(membership.COLOURS[0])
    recoloured = recolour(membership.COLOURS[2])

    assert recoloured.color == membership.COLOURS[2]
    assert [event.data["color"] for event in team.league.events()] == [membership.COLOURS[2]]


def test_recolour_takes_the_owner(now: datetime) -> None:
    team = ConstructorFactory()

    with refused("not_allowed"):
        membership.recolour_constructor(
            constructor_id=team.pk, color=membership.COLOURS[2], actor=UserFactory(), now=now
        )


def test_there_is_a_colour_for_every_team() -> None:
    assert len(set(membership.COLOURS)) == 11


def test_a_team_that_is_offered_goes_on_under_another_account(now: datetime, league: League, user: User) -> None:
    team = ConstructorFactory(league=league, team_name="Box")
    former, joined_at = team.user, team.joined_at

    membership.offer_team(constructor_id=team.pk, to=user, actor=league.creator, reason=" Gone  quiet ", now=now)
    team.refresh_from_db()
    assert (team.user, team.offered_to) == (former, user)
    taken = membership.join_league(league_id=league.pk, user=user, team_name="Fox", code="PRVT2345", now=now)

    team.refresh_from_db()
    assert taken == team
    assert (team.user, team.team_name, team.offered_to, team.joined_at) == (user, "Fox", None, joined_at)
    ids = {"league_id": league.pk, "constructor_id": team.pk, "user_id": user.pk}
    assert [(event.name, event.data, event.actor) for event in league.events()] == [
        ("TeamOffered", {**ids, "reason": "Gone quiet"}, league.creator),
        ("ConstructorTakenOver", {**ids, "former_id": former.pk}, user),
    ]


def test_a_full_league_can_still_replace_a_player(now: datetime, user: User) -> None:
    league = LeagueFactory(max_teams=2)
    team, _ = ConstructorFactory.create_batch(2, league=league)
    membership.offer_team(constructor_id=team.pk, to=user, actor=league.creator, reason="Why", now=now)

    assert membership.join_league(league_id=league.pk, user=user, team_name="", now=now) == team


def test_a_team_that_left_needs_a_free_place_to_be_taken_over(now: datetime, user: User) -> None:
    league = LeagueFactory(max_teams=2)
    gone = ConstructorFactory(league=league, is_active=False, was_removed=True)
    membership.offer_team(constructor_id=gone.pk, to=user, actor=league.creator, reason="Why", now=now)
    others = ConstructorFactory.create_batch(2, league=league)

    with refused("league_full"):
        membership.join_league(league_id=league.pk, user=user, team_name="", now=now)
    membership.leave_league(league_id=league.pk, user=others[0].user, now=now)
    taken = membership.join_league(league_id=league.pk, user=user, team_name="", now=now)

    assert (taken, taken.is_active, taken.was_removed, taken.joined_at) == (gone, True, False, now)


def test_an_offer_needs_no_code_and_outlives_a_new_one(now: datetime, league: League, user: User) -> None:
    one, two = ConstructorFactory.create_batch(2, league=league)
    late = UserFactory()
    membership.offer_team(constructor_id=one.pk, to=user, actor=league.creator, reason="Why", now=now)
    membership.offer_team(constructor_id=two.pk, to=late, actor=league.creator, reason="Why", now=now)
    managers.renew_code(league_id=league.pk, actor=league.creator, now=now)

    assert membership.join_league(league_id=league.pk, user=user, team_name="", now=now) == one
    membership.withdraw_offer(constructor_id=two.pk, actor=league.creator, now=now)
    with refused("wrong_code"):
        membership.join_league(league_id=league.pk, user=late, team_name="Late", now=now)


def test_nothing_is_offered_to_a_closed_account(now: datetime, league: League, user: User) -> None:
    team = ConstructorFactory(league=league)
    User.objects.filter(pk=user.pk).update(is_active=False)  # after it was looked up by its name

    with refused("invalid"):
        membership.offer_team(constructor_id=team.pk, to=user, actor=league.creator, reason="Why", now=now)


def test_the_last_offer_counts_and_can_be_withdrawn(now: datetime, league: League, user: User) -> None:
    one, two = ConstructorFactory.create_batch(2, league=league)

    for team in (one, two, two):
        membership.offer_team(constructor_id=team.pk, to=user, actor=league.creator, reason="Why", now=now)
    assert list(league.constructors.filter(offered_to=user)) == [two]
    for _ in range(2):
        membership.withdraw_offer(constructor_id=two.pk, actor=league.creator, now=now)

    assert not league.constructors.filter(offered_to=user).exists()
    assert events(league) == ["TeamOffered", "TeamOffered", "OfferWithdrawn"]


def test_a_team_is_offered_by_managers_to_who_has_none(now: datetime, league: League, user: User) -> None:
    team, left = ConstructorFactory(league=league), ConstructorFactory(league=league, is_active=False)

    def offer(to: User, actor: User = league.creator, reason: str = "Why") -> None:
        membership.offer_team(constructor_id=team.pk, to=to, actor=actor, reason=reason, now=now)

    for code, given in {
        "not_allowed": {"to": user, "actor": team.user},
        "invalid": {"to": user, "reason": "  "},
        "has_team": {"to": left.user},
    }.items():
        with refused(code):
            offer(**given)
    with refused("invalid"):
        offer(user, reason="x" * 201)
    with refused("not_allowed"):
        membership.withdraw_offer(constructor_id=team.pk, actor=team.user, now=now)


def test_no_team_is_offered_after_the_season(now: datetime, league: League, user: User) -> None:
    team, _ = ConstructorFactory(league=league), RaceFactory(starts_at=now - timedelta(days=1))

    with refused("season_over"):
        membership.offer_team(constructor_id=team.pk, to=user, actor=league.creator, reason="Why", now=now)


def test_who_was_replaced_comes_back_by_an_offer_only(now: datetime, user: User) -> None:
    league = LeagueFactory()
    team, other = ConstructorFactory.create_batch(2, league=league)
    membership.offer_team(constructor_id=team.pk, to=user, actor=league.creator, reason="Why", now=now)
    membership.join_league(league_id=league.pk, user=user, team_name="", now=now)

    with refused("removed"):
        membership.join_league(league_id=league.pk, user=team.user, team_name="Again", now=now)
    membership.offer_team(constructor_id=other.pk, to=team.user, actor=league.creator, reason="Sorry", now=now)

    assert membership.join_league(league_id=league.pk, user=team.user, team_name="", now=now) == other


def test_a_manager_who_was_replaced_may_enter_a_new_team(now: datetime, user: User) -> None:
    league = LeagueFactory()
    team = ConstructorFactory(league=league, user=league.creator)
    membership.offer_team(constructor_id=team.pk, to=user, actor=league.creator, reason="No time", now=now)
    membership.join_league(league_id=league.pk, user=user, team_name="", now=now)

    again = membership.join_league(league_id=league.pk, user=league.creator, team_name="New", now=now)

    assert again != team


def test_players_are_found_by_their_name_in_any_case() -> None:
    ana = UserFactory(username="Ana")
    UserFactory(username="Bo", is_active=False)

    assert membership.player_called(" aNA ") == ana
    for name in ("Bo", "Cy", ""):
        with refused("invalid"):
            membership.player_called(name)


def test_a_change_of_a_team_is_whole_or_not_at_all(now: datetime) -> None:
    team = ConstructorFactory(team_name="Old", color=membership.COLOURS[0])
    ConstructorFactory(league=team.league, color=membership.COLOURS[1])
    asked = {"constructor_id": team.pk, "actor": team.user, "now": now}

    with refused("colour_taken"):
        membership.change_team(team_name="New", color=membership.COLOURS[1], **asked)
    team.refresh_from_db()
    assert team.team_name == "Old"
    membership.change_team(team_name="New", color=membership.COLOURS[2], **asked)
    membership.change_team(**asked)

    team.refresh_from_db()
    assert (team.team_name, team.color) == ("New", membership.COLOURS[2])
