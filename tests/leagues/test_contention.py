"""Many at once: on PostgreSQL row locks, on SQLite immediate transactions let one through after the other."""

from datetime import datetime

import pytest

from accounts import closing
from leagues import chat, managers, membership
from leagues.models import Constructor, League
from tests.contention import outcomes
from tests.factories import PASSWORD, ConstructorFactory, LeagueFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_last_free_place_has_one_winner(now: datetime) -> None:
    league = LeagueFactory(max_teams=2)
    ConstructorFactory(league=league)
    users = UserFactory.create_batch(8)

    won = outcomes(
        [
            lambda user=user: membership.join_league(league_id=league.pk, user=user, team_name=user.username, now=now)
            for user in users
        ]
    )

    assert won == {"won": 1, "league_full": 7}
    assert league.constructors.count() == 2


def test_one_name_has_one_winner(now: datetime) -> None:
    league = LeagueFactory()
    users = UserFactory.create_batch(6)

    won = outcomes(
        [
            lambda user=user: membership.join_league(league_id=league.pk, user=user, team_name="Same", now=now)
            for user in users
        ]
    )

    assert won == {"won": 1, "team_name_taken": 5}


def test_one_user_who_presses_often_has_one_team(now: datetime) -> None:
    league, user = LeagueFactory(), UserFactory()

    won = outcomes([lambda: membership.join_league(league_id=league.pk, user=user, team_name="Mine", now=now)] * 6)

    assert won == {"won": 6}
    assert Constructor.objects.get().user == user


def test_two_who_hand_over_to_each_other_do_not_wait_for_each_other(now: datetime) -> None:
    anna, boris = UserFactory.create_batch(2)
    pairs = [(LeagueFactory(creator=one), one, other) for one, other in ((anna, boris), (boris, anna)) * 4]
    for league, _, other in pairs:
        ConstructorFactory(league=league, user=other)

    won = outcomes(
        [
            lambda league=league, one=one, other=other: managers.hand_over(
                league_id=league.pk, actor=one, to=other, now=now
            )
            for league, one, other in pairs
        ]
    )

    assert won == {"won": 8}
    assert all(list(league.managers.all()) == [other] for league, _, other in pairs)


def test_managers_who_all_step_down_leave_one(now: datetime) -> None:
    users = UserFactory.create_batch(4)
    league = LeagueFactory(creator=users[0], managers=users)

    won = outcomes(
        [
            lambda user=user: managers.remove_manager(league_id=league.pk, actor=user, user=user, now=now)
            for user in users
        ]
    )

    assert won == {"won": 3, "last_manager": 1}
    assert League.objects.get().managers.count() == 1


def test_a_team_that_is_offered_is_taken_over_once(now: datetime) -> None:
    league, user = LeagueFactory(), UserFactory()
    team = ConstructorFactory(league=league)
    membership.offer_team(constructor_id=team.pk, to=user, actor=league.creator, reason="Why", now=now)

    won = outcomes([lambda: membership.join_league(league_id=league.pk, user=user, team_name="", now=now)] * 6)

    assert won == {"won": 6}
    assert Constructor.objects.get().user == user
    assert league.events().filter(name="ConstructorTakenOver").count() == 1


def test_an_offer_to_who_deletes_the_account_ends(now: datetime) -> None:
    league, user = LeagueFactory(), UserFactory()
    teams = ConstructorFactory.create_batch(4, league=league)
    account = {"user": user, "password": PASSWORD, "otp": "", "now": now, "at": now}

    won = outcomes(
        [
            lambda: closing.delete(**account),
            *[
                lambda team=team: membership.offer_team(
                    constructor_id=team.pk, to=user, actor=league.creator, reason="Why", now=now
                )
                for team in teams
            ],
        ]
    )

    assert won["won"] + won.get("invalid", 0) == 5
    assert not league.constructors.filter(offered_to=user).exists()


def test_an_offer_that_is_withdrawn_while_it_is_taken_leaves_one_team(now: datetime) -> None:
    league, user = LeagueFactory(is_private=True), UserFactory()
    team = ConstructorFactory(league=league, offered_to=user)

    won = outcomes(
        [
            lambda: membership.join_league(league_id=league.pk, user=user, team_name="", now=now),
            lambda: membership.withdraw_offer(constructor_id=team.pk, actor=league.creator, now=now),
        ]
    )

    team.refresh_from_db()
    assert team.offered_to is None
    assert won == ({"won": 2} if team.user == user else {"won": 1, "wrong_code": 1})


def test_two_teams_offered_to_one_person_leave_one_offer(now: datetime) -> None:
    league, user = LeagueFactory(), UserFactory()
    teams = ConstructorFactory.create_batch(4, league=league)

    won = outcomes(
        [
            lambda team=team: membership.offer_team(
                constructor_id=team.pk, to=user, actor=league.creator, reason="Why", now=now
            )
            for team in teams
        ]
    )

    assert won == {"won": 4}
    assert league.constructors.filter(offered_to=user).count() == 1


def test_one_message_sent_many_times_at_once_is_said_once(now: datetime) -> None:
    team = ConstructorFactory()

    won = outcomes([lambda: chat.say(league_id=team.league_id, actor=team.user, text="Box", now=now)] * 6)

    assert won == {"won": 6}
    assert team.league.chat.count() == 1
