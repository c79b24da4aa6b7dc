"""Many at once: on PostgreSQL row locks, on SQLite immediate transactions let one through after the other."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from django.db import connections

from fantasy_f1.core.errors import DomainError
from leagues import managers, membership
from leagues.models import Constructor, League
from tests.factories import ConstructorFactory, LeagueFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(actions: list[Callable[[], object]]) -> Counter[str]:
    """Run every action in a thread of its own, started together → how many won, and the codes of the refusals."""
    barrier = Barrier(len(actions))

    def run(action: Callable[[], object]) -> str:
        barrier.wait()
        try:
            action()
        except DomainError as error:
            return error.code
        finally:
            connections.close_all()
        return "won"

    with ThreadPoolExecutor(len(actions)) as pool:
        return Counter(pool.map(run, actions))


def test_the_last_free_place_has_one_winner(now: datetime) -> None:
    league = LeagueFactory(max_teams=2)
    ConstructorFactory(league=league)
    users = UserFactory.create_batch(8)

    outcomes = at_once(
        [
            lambda user=user: membership.join_league(league_id=league.pk, user=user, team_name=user.username, now=now)
            for user in users
        ]
    )

    assert outcomes == {"won": 1, "league_full": 7}
    assert league.constructors.count() == 2


def test_one_name_has_one_winner(now: datetime) -> None:
    league = LeagueFactory()
    users = UserFactory.create_batch(6)

    outcomes = at_once(
        [
            lambda user=user: membership.join_league(league_id=league.pk, user=user, team_name="Same", now=now)
            for user in users
        ]
    )

    assert outcomes == {"won": 1, "team_name_taken": 5}


def test_one_user_who_presses_often_has_one_team(now: datetime) -> None:
    league, user = LeagueFactory(), UserFactory()

    outcomes = at_once([lambda: membership.join_league(league_id=league.pk, user=user, team_name="Mine", now=now)] * 6)

    assert outcomes == {"won": 6}
    assert Constructor.objects.get().user == user


def test_two_who_hand_over_to_each_other_do_not_wait_for_each_other(now: datetime) -> None:
    anna, boris = UserFactory.create_batch(2)
    pairs = [(LeagueFactory(creator=one), one, other) for one, other in ((anna, boris), (boris, anna)) * 4]
    for league, _, other in pairs:
        ConstructorFactory(league=league, user=other)

    outcomes = at_once(
        [
            lambda league=league, one=one, other=other: managers.hand_over(
                league_id=league.pk, actor=one, to=other, now=now
            )
            for league, one, other in pairs
        ]
    )

    assert outcomes == {"won": 8}
    assert all(list(league.managers.all()) == [other] for league, _, other in pairs)


def test_managers_who_all_step_down_leave_one(now: datetime) -> None:
    users = UserFactory.create_batch(4)
    league = LeagueFactory(creator=users[0], managers=users)

    outcomes = at_once(
        [
            lambda user=user: managers.remove_manager(league_id=league.pk, actor=user, user=user, now=now)
            for user in users
        ]
    )

    assert outcomes == {"won": 3, "last_manager": 1}
    assert League.objects.get().managers.count() == 1
