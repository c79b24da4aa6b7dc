"""A league of three with a draft to come; what happens in a test is announced as if it had been committed."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from drafts import lifecycle
from drafts.models import Draft
from fantasy_f1.core.models import EventLog, LogPosition
from leagues.models import Constructor, League
from notifications import telling
from notifications.models import Notification
from races.models import Driver, Race
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, UserFactory

Happening = Callable[[], AbstractContextManager[Any]]
Inbox = Callable[[User], list[tuple[str, str, str]]]


@pytest.fixture
def happening() -> Happening:
    """``with happening(): …`` tells people afterwards of what happened inside, and of nothing before."""

    @contextmanager
    def tell_of_this_alone() -> Iterator[None]:
        newest = EventLog.objects.aggregate(newest=Max("pk"))["newest"] or 0
        LogPosition.objects.update_or_create(
            reader=telling.READER, defaults={"position": newest, "newest": newest, "newest_at": timezone.now()}
        )
        yield
        telling.catch_up()

    return tell_of_this_alone


@pytest.fixture
def race(now: datetime) -> Race:
    return RaceFactory(name="Moon Grand Prix", starts_at=now + timedelta(days=4), entries=22)


@pytest.fixture
def drivers(race: Race) -> list[Driver]:
    return [entry.driver for entry in race.entries.select_related("driver").order_by("pk")]


@pytest.fixture
def manager() -> User:
    return UserFactory(username="manager")


@pytest.fixture
def league(race: Race, manager: User) -> League:
    """Three teams; the manager does not play."""
    league = LeagueFactory(name="Paddock", creator=manager, season=race.season)
    ConstructorFactory.create_batch(3, league=league)
    return league


@pytest.fixture
def draft(league: League, race: Race, manager: User, now: datetime) -> Draft:
    """Open, in snake order; nobody was told of the opening."""
    return lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=now)[0]


@pytest.fixture
def teams(draft: Draft) -> list[Constructor]:
    """In the order of the draft."""
    return [Constructor.objects.select_related("user").get(pk=pk) for pk in draft.order_data]


@pytest.fixture
def inbox() -> Inbox:
    """``inbox(user)`` → (type, title, message) of each of their notifications, oldest first."""
    return lambda user: list(
        Notification.objects.filter(user=user).order_by("pk").values_list("type", "title", "message")
    )
