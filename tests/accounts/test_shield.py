from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from accounts.shield import LONGEST_SESSION, lower_shield, raise_shield, reveal
from fantasy_f1.core.spoilers import is_hidden, results_until
from races.models import Race, Session
from tests.factories import RaceFactory, UserFactory, give_result
from tests.races.sheets import publish_sheet

NOW = datetime(2026, 7, 26, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


def hides(user: User | AnonymousUser, moment: datetime) -> bool:
    return is_hidden(moment, results_until(user))


@pytest.fixture
def user() -> User:
    return UserFactory()


def test_nothing_is_hidden_without_a_shield(user: User) -> None:
    assert not hides(user, NOW)
    assert results_until(user) is None


def test_nothing_is_hidden_from_those_who_are_not_signed_in() -> None:
    assert not hides(AnonymousUser(), NOW)


def test_raise_shield_hides_what_starts_from_now_on_and_what_may_still_be_running(user: User) -> None:
    raise_shield(user=user, now=NOW)

    assert hides(user, NOW + HOUR)
    assert hides(user, NOW - 2 * HOUR)
    assert not hides(user, NOW - LONGEST_SESSION)


def test_raise_shield_hides_a_result_that_is_still_to_come(user: User) -> None:
    race = RaceFactory(starts_at=NOW - 10 * HOUR, qualifying_at=NOW - 34 * HOUR, entries=2)
    publish_sheet(race, [(each.driver, each.team, {}) for each in race.entries.all()], session=Session.QUALIFYING)

    raise_shield(user=user, now=NOW)

    assert hides(user, race.starts_at)
    assert not hides(user, NOW - 34 * HOUR)


def test_raise_shield_waits_for_no_result_that_is_there_or_will_not_come(user: User) -> None:
    race = RaceFactory(starts_at=NOW - 10 * HOUR, qualifying_at=None, entries=2)
    give_result(race, [entry.driver for entry in race.entries.all()])
    RaceFactory(starts_at=NOW - 10 * HOUR, qualifying_at=None, status=Race.Status.CANCELLED)
    RaceFactory(starts_at=NOW - 49 * HOUR, qualifying_at=None)
    RaceFactory(starts_at=NOW + 20 * HOUR, qualifying_at=NOW + HOUR)

    raise_shield(user=user, now=NOW)

    assert results_until(user) == NOW - LONGEST_SESSION


def test_raise_shield_twice_keeps_what_is_hidden_hidden(user: User) -> None:
    raise_shield(user=user, now=NOW)
    raise_shield(user=user, now=NOW + 24 * HOUR)

    assert hides(user, NOW + HOUR)


def test_reveal_shows_a_session_and_what_was_before_it(user: User) -> None:
    raise_shield(user=user, now=NOW)

    for _ in range(2):
        reveal(user=user, until=NOW + HOUR, now=NOW + 24 * HOUR)

        assert not hides(user, NOW + HOUR)
        assert hides(user, NOW + 2 * HOUR)


def test_reveal_never_hides_again_what_was_shown(user: User) -> None:
    raise_shield(user=user, now=NOW)
    reveal(user=user, until=NOW + 2 * HOUR, now=NOW + 24 * HOUR)

    reveal(user=user, until=NOW + HOUR, now=NOW + 24 * HOUR)

    assert not hides(user, NOW + 2 * HOUR)


def test_reveal_shows_nothing_of_what_is_still_to_start(user: User) -> None:
    raise_shield(user=user, now=NOW)

    reveal(user=user, until=NOW + 48 * HOUR, now=NOW + HOUR)

    assert not hides(user, NOW + HOUR)
    assert hides(user, NOW + 2 * HOUR)


def test_reveal_raises_no_shield(user: User) -> None:
    reveal(user=user, until=NOW, now=NOW)

    assert results_until(user) is None


def test_lower_shield_shows_everything_and_may_be_repeated(user: User) -> None:
    raise_shield(user=user, now=NOW)

    for _ in range(2):
        lower_shield(user=user)

        assert not hides(user, NOW + 48 * HOUR)


def test_commands_act_on_what_is_stored_whatever_the_caller_holds(user: User) -> None:
    stale = User.objects.get(pk=user.pk)
    raise_shield(user=user, now=NOW)

    raise_shield(user=stale, now=NOW + 24 * HOUR)

    assert results_until(stale) == results_until(user) == NOW - LONGEST_SESSION
