"""What an account's end means for leagues."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts import closing
from accounts.credentials import AccountClosed
from accounts.models import User
from accounts.signals import account_closing
from drafts import lifecycle
from drafts.models import Pick
from drafts.picks import make_pick
from fantasy_f1.core.errors import Invalid
from leagues.errors import LastManager
from leagues.history import history
from leagues.managers import add_manager, create_league, hand_over
from leagues.membership import join_league, leave_league
from leagues.models import Constructor, League
from notifications.models import Notification
from tests.contention import outcomes
from tests.factories import PASSWORD, ConstructorFactory, LeagueFactory, RaceFactory, UserFactory

pytestmark = pytest.mark.django_db

REAL = datetime(2026, 11, 1, 12, tzinfo=UTC)


def delete(user: User, now: datetime) -> None:
    closing.delete(user=user, password=PASSWORD, otp="", now=now, at=REAL)


def deactivate(user: User, now: datetime) -> None:
    closing.deactivate(user=user, password=PASSWORD, otp="", now=now, at=REAL)


@pytest.fixture
def ana() -> User:
    return UserFactory(username="ana", full_name="Ana Lopes")


def test_a_player_who_is_deleted_leaves_and_the_team_stays_as_history(ana: User, now: datetime) -> None:
    team = ConstructorFactory(user=ana, team_name="Apex Hunters")

    delete(ana, now)

    team.refresh_from_db()
    assert (team.is_active, team.left_at, team.team_name, team.user.display_name) == (
        False,
        now,
        "Apex Hunters",
        "Deleted player",
    )
    assert [(line.who, line.what) for line in history(team.league)] == [("Deleted player", "left with Apex Hunters")]


def test_offers_to_who_is_deleted_end_and_others_stay(
    ana: User, now: datetime, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    offered, other = ConstructorFactory(offered_to=ana, team_name="Box"), ConstructorFactory(offered_to=UserFactory())

    with django_capture_on_commit_callbacks(execute=True):
        delete(ana, now)

    offered.refresh_from_db()
    other.refresh_from_db()
    assert (offered.offered_to, offered.is_active) == (None, True)
    assert other.offered_to
    assert [(line.who, line.what) for line in history(offered.league)] == [("Deleted player", "ended the offer of Box")]


def test_a_player_who_is_deactivated_keeps_the_team_and_the_ranking_picks_for_it(ana: User, now: datetime) -> None:
    team = ConstructorFactory(user=ana)

    deactivate(ana, now)

    team.refresh_from_db()
    assert (team.is_active, team.autopilot.since) == (True, now)


@pytest.mark.parametrize("close", [delete, deactivate])
def test_the_only_manager_hands_over_first(ana: User, now: datetime, close: Any) -> None:
    league = LeagueFactory(name="Paddock Club", creator=ana)
    heir = ConstructorFactory(league=league).user

    with pytest.raises(LastManager, match="Paddock Club") as refused:
        close(ana, now)
    hand_over(league_id=league.pk, actor=ana, to=heir, now=now)
    close(ana, now)

    ana.refresh_from_db()
    assert (refused.value.code, refused.value.status) == ("last_manager", 409)
    assert (ana.is_active, list(league.managers.all())) == (False, [heir])


def test_a_co_manager_gives_the_role_up(ana: User, now: datetime) -> None:
    league = LeagueFactory()
    ConstructorFactory(league=league, user=ana)
    add_manager(league_id=league.pk, actor=league.creator, user=ana, now=now)

    delete(ana, now)

    ana.refresh_from_db()
    assert (list(league.managers.all()), ana.is_staff) == ([league.creator], False)


def test_a_league_of_ones_own_goes_with_its_manager(ana: User, now: datetime) -> None:
    race = RaceFactory(entries=4, starts_at=now + timedelta(days=9))
    league = create_league(creator=ana, name="Just me", season=race.season, max_teams=2, now=now)
    join_league(league_id=league.pk, user=ana, team_name="Apex", now=now)

    delete(ana, now)

    assert (League.objects.count(), Constructor.objects.count()) == (0, 0)


def test_a_league_that_others_have_left_stays_as_history_without_a_manager(ana: User, now: datetime) -> None:
    league = LeagueFactory(creator=ana)
    ConstructorFactory(league=league, user=ana)
    gone = ConstructorFactory(league=league)
    leave_league(league_id=league.pk, user=gone.user, now=now)

    delete(ana, now)

    assert (League.objects.get().managers.count(), league.constructors.playing().count()) == (0, 0)
    assert "changed the managers: nobody is left" in [line.what for line in history(league)]


def test_picks_stay_under_the_deleted_player(ana: User, now: datetime) -> None:
    race = RaceFactory(entries=6, starts_at=now + timedelta(days=4), qualifying_at=now + timedelta(days=3))
    league = LeagueFactory(season=race.season)
    team = ConstructorFactory(league=league, user=ana)
    ConstructorFactory(league=league)
    draft = lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now)
    lifecycle.open_draft(draft_id=draft.pk, actor=None, now=now)
    draft.refresh_from_db()
    if draft.order_data[0] != team.pk:
        first = Constructor.objects.get(pk=draft.order_data[0])
        make_pick(draft_id=draft.pk, constructor=first, driver=race.entries.all()[5].driver, actor=first.user, now=now)
    make_pick(draft_id=draft.pk, constructor=team, driver=race.entries.all()[0].driver, actor=ana, now=now)

    delete(ana, now)

    pick = Pick.objects.get(constructor=team)
    assert (pick.made_by, pick.constructor.user.username) == (ana, f"deleted-{ana.pk}")


def test_notifications_go_with_the_account_and_only_with_it(ana: User, now: datetime) -> None:
    for user in (ana, UserFactory()):
        Notification.objects.create(user=user, type=Notification.Type.LEAGUE, title="News", dedupe_key="1")

    deactivate(ana, now)
    assert Notification.objects.count() == 2
    closing.reactivate(user=ana)
    delete(ana, now)

    assert not Notification.objects.filter(user=ana).exists()
    assert Notification.objects.count() == 1


def test_a_closed_account_cannot_be_made_a_manager(ana: User, now: datetime) -> None:
    team = ConstructorFactory(user=ana)
    deactivate(ana, now)

    with pytest.raises(Invalid):
        add_manager(league_id=team.league_id, actor=team.league.creator, user=ana, now=now)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("close", [delete, deactivate])
def test_two_managers_who_leave_at_once_do_not_leave_the_league_alone(now: datetime, close: Any) -> None:
    ana, bob = UserFactory(), UserFactory()
    league = LeagueFactory(creator=ana, managers=[ana, bob])
    ConstructorFactory(league=league)
    connection.close()

    assert outcomes([lambda: close(ana, now), lambda: close(bob, now)]) == {"won": 1, "last_manager": 1}
    assert league.managers.filter(is_active=True).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_whoever_joins_while_the_account_is_deleted_does_not_play(ana: User, now: datetime, attempt: int) -> None:
    league = LeagueFactory()
    connection.close()

    outcomes(
        [
            lambda: delete(ana, now),
            lambda: join_league(league_id=league.pk, user=User.objects.get(pk=ana.pk), team_name="Late", now=now),
        ]
    )

    assert not league.constructors.playing().filter(user=ana).exists()


def test_a_closed_account_neither_joins_nor_makes_a_league(ana: User, now: datetime) -> None:
    """Its request was let in just before."""
    league = LeagueFactory()
    deactivate(User.objects.get(pk=ana.pk), now)

    with pytest.raises(AccountClosed):
        join_league(league_id=league.pk, user=ana, team_name="Late", now=now)
    with pytest.raises(AccountClosed):
        create_league(creator=ana, name="Late", season=league.season, now=now)


def test_a_league_that_was_joined_while_the_account_closes_is_left_too(ana: User, now: datetime) -> None:
    league = LeagueFactory()

    def join(**kwargs: Any) -> None:  # when the leagues have been looked at, before the account is locked
        join_league(league_id=league.pk, user=ana, team_name="Late", now=now)
        account_closing.disconnect(join)

    account_closing.connect(join, weak=False)
    delete(User.objects.get(pk=ana.pk), now)

    assert not league.constructors.get(user=ana).is_active


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("close", [delete, deactivate])
def test_a_hand_over_to_somebody_who_leaves_ends_with_a_manager_who_can_act(now: datetime, close: Any) -> None:
    ana, bob = UserFactory(), UserFactory()
    league = LeagueFactory(creator=ana)
    ConstructorFactory(league=league, user=bob)
    ConstructorFactory(league=league)
    connection.close()

    outcomes([lambda: hand_over(league_id=league.pk, actor=ana, to=bob, now=now), lambda: close(bob, now)])

    assert league.managers.get().is_active
