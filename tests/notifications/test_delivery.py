"""What was on its way, and was over or not wanted any more when its time came."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from drafts import picks
from drafts.models import Draft
from leagues.models import Constructor
from notifications import delivery, preferences, reminders, routing, telling, unsubscribing
from notifications.models import Channel, Delivery, Notification
from races.models import Driver
from tests.factories import UserFactory
from tests.notifications.conftest import Happening

pytestmark = pytest.mark.django_db
Type = Notification.Type
OVER = ("dropped", "It came too late to be of use.")


@pytest.fixture(autouse=True)
def clock(settings: Settings, now: datetime) -> Iterator[time_machine.Traveller]:
    """Mails are sent, and it is now."""
    settings.EMAIL_VERIFICATION = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


def outcomes(kind: str) -> list[tuple[str, str]]:
    rows = Delivery.objects.filter(channel=Channel.EMAIL, notification__type=kind).order_by("pk")
    return list(rows.values_list("state", "error"))


def pick(draft: Draft, team: Constructor, driver: Driver, now: datetime) -> None:
    picks.make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=now)


def test_a_turn_that_was_taken_is_not_called_out_any_more(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime, happening: Happening
) -> None:
    pick(draft, teams[0], drivers[0], now)
    with happening():
        pick(draft, teams[1], drivers[1], now)
    with happening():
        pick(draft, teams[2], drivers[2], now)
    routing.route_new()

    delivery.deliver()

    assert outcomes(Type.PICK_TURN) == [OVER, ("sent", "")]
    assert [(sent.to, "Pick 4 for" in sent.body) for sent in mail.outbox] == [([teams[2].user.email], True)]


def test_who_has_a_driver_by_now_is_not_reminded_of_the_lock(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], clock: time_machine.Traveller
) -> None:
    soon = draft.locks_at - timedelta(hours=1)
    clock.move_to(soon)
    reminders.remind(soon)
    pick(draft, teams[0], drivers[0], soon)
    telling.catch_up()
    routing.route_new()

    delivery.deliver()

    assert sorted(outcomes(Type.REMINDER)) == [OVER, ("sent", ""), ("sent", "")]


def test_who_ended_such_mails_gets_none_that_waited(clock: time_machine.Traveller) -> None:
    """Neither at once nor in a digest; what is still wanted comes."""
    user: User = UserFactory()
    preferences.set_preferences(user=user, on=[(Type.LEAGUE, Channel.EMAIL)], digest="daily")
    for kind in (Type.PICK_TURN, Type.LEAGUE, Type.DRAFT_OPEN):
        Notification.objects.create(user=user, type=kind, title=str(kind.label), dedupe_key=kind, is_of_slow_draft=True)
    routing.route_new()
    Client().post(unsubscribing.path_for(user, [Type.PICK_TURN, Type.LEAGUE]))
    clock.shift(timedelta(days=1))

    delivery.deliver()

    not_wanted = [("dropped", "It is not wanted any more.")]
    assert [outcomes(kind) for kind in (Type.PICK_TURN, Type.LEAGUE)] == [not_wanted, not_wanted]
    assert [sent.subject for sent in mail.outbox] == ["Draft open"]
