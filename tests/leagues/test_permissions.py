import pytest
from django.contrib.auth.models import AnonymousUser
from pytest_django import DjangoAssertNumQueries

from fantasy_f1.core.live import Audience
from leagues.models import League
from leagues.permissions import audience_of, is_member, may_manage
from tests.factories import ConstructorFactory, LeagueFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_who_is_who_in_a_league() -> None:
    league = LeagueFactory(is_private=True)
    player = ConstructorFactory(league=league).user
    former = ConstructorFactory(league=league, is_active=False).user
    host = UserFactory(is_superuser=True)

    def seen(user) -> tuple[bool, bool, bool]:
        visible = League.objects.visible_to(user).filter(pk=league.pk).exists()
        return visible, is_member(user, league), may_manage(user, league)

    assert seen(league.creator) == (True, True, True)
    assert seen(player) == (True, True, False)
    assert seen(former) == (False, False, False)
    assert seen(UserFactory()) == (False, False, False)
    assert seen(AnonymousUser()) == (False, False, False)
    assert seen(host) == (True, False, True)


def test_managed_leagues_are_one_s_own_or_all_for_the_host() -> None:
    league, other = LeagueFactory(), LeagueFactory()

    assert list(League.objects.managed_by(league.creator)) == [league]
    assert set(League.objects.managed_by(UserFactory(is_superuser=True))) == {league, other}
    assert not League.objects.managed_by(AnonymousUser()).exists()


def test_public_leagues_are_seen_by_anyone() -> None:
    league = LeagueFactory(is_private=False)
    LeagueFactory(is_private=True)

    assert list(League.objects.visible_to(AnonymousUser())) == [league]


@pytest.mark.parametrize("is_private", [True, False])
def test_an_audience_is_whoever_may_see_the_league_asked_for_all_at_once(
    is_private: bool, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    league = LeagueFactory(is_private=is_private)
    ConstructorFactory(league=LeagueFactory(), user=(stranger := UserFactory()))
    users = [
        league.creator,
        ConstructorFactory(league=league).user,
        ConstructorFactory(league=league, is_active=False).user,
        UserFactory(is_superuser=True),
        stranger,
        AnonymousUser(),
    ]

    with django_assert_num_queries(1):
        audience = audience_of(league, {user.pk for user in users})

    seen = {user.pk for user in users if League.objects.visible_to(user).filter(pk=league.pk).exists()}
    assert audience == Audience(seen, {user.pk for user in users if is_member(user, league)})
