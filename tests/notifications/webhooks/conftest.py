"""Webhooks that lead to a receiver of our own, whose time can be moved."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import Max
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from fantasy_f1.core import clock
from fantasy_f1.core.models import EventLog, LogPosition
from leagues import managers
from leagues.models import Constructor, League
from notifications.tasks import send_webhooks
from notifications.webhooks import filling
from notifications.webhooks.models import Webhook, new_secret
from tests.receiver import Receiver

Make = Callable[..., Webhook]


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.OUTBOUND_LOOPBACK = True
    with Receiver() as running:
        yield running


@pytest.fixture
def make(receiver: Receiver) -> Make:
    """``make(user=…)`` or ``make(league=…)`` → a webhook to the receiver that gets all; earlier events are read."""

    def webhook(**values: Any) -> Webhook:
        values = {"url": receiver.url, "format": "json", "events": ["draft.*", "score.*", "league.*"], **values}
        made = Webhook.objects.create(secret=new_secret(), created_at=timezone.now(), **values)
        forget_the_past()
        return made

    return webhook


def forget_the_past() -> None:
    newest = EventLog.objects.aggregate(newest=Max("pk"))["newest"] or 0
    values = {"position": newest, "ahead": [], "newest": newest, "newest_at": timezone.now()}
    LogPosition.objects.update_or_create(reader=filling.READER, defaults=values)


@pytest.fixture
def rename(league: League) -> Callable[[str], None]:
    """Let something happen in the league, which is called that from then on."""

    def change(name: str) -> None:
        managers.change_league(league_id=league.pk, actor=league.creator, now=clock.now(), name=name)

    return change


@pytest.fixture
def player(league: League) -> User:
    return Constructor.objects.filter(league=league).earliest("pk").user


def beat() -> None:
    """What beat does."""
    send_webhooks()


@pytest.fixture
def later() -> Iterator[Callable[..., None]]:
    """``later(minutes=5)`` moves the time on, which stands otherwise."""
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield lambda **ahead: traveller.shift(timedelta(**ahead))
