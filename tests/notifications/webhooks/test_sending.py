"""What reaches a receiver, and what becomes of what does not."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from fantasy_f1.core.models import EventLog
from leagues import membership
from leagues.models import League
from notifications.models import Notification
from notifications.outgoing import CLAIM
from notifications.tasks import forget_old
from notifications.webhooks import endpoints, filling, sending
from notifications.webhooks.models import Webhook, WebhookDelivery, new_secret
from tests.contention import at_once
from tests.factories import UserFactory
from tests.notifications.webhooks.conftest import Make, beat, forget_the_past
from tests.receiver import Got, Receiver

pytestmark = pytest.mark.django_db
Later = Callable[..., None]
Rename = Callable[[str], None]
ROOT = Path(__file__).parents[3]


def is_signed(got: Got, secret: str, *, later: int = 0, **changed: str) -> bool:
    """As a receiver checks it so many seconds later, by the code in docs/webhooks.md."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs/webhooks.md").read_text(), re.DOTALL)
    assert code
    found: dict[str, Any] = {}
    exec(code[1], found)  # noqa: S102 (our own)
    with time_machine.travel(int(got.headers["Webhook-Timestamp"]) + later, tick=False):
        return bool(found["is_genuine"](got.headers | changed, got.body, secret))


def states() -> list[tuple[str, int]]:
    """(state, tries) of each post, oldest first."""
    return list(WebhookDelivery.objects.order_by("pk").values_list("state", "attempts"))


def test_what_happens_is_posted_once_and_signed(
    receiver: Receiver, make: Make, rename: Rename, league: League, manager: User
) -> None:
    webhook = make(league=league)
    rename("Pit lane")

    beat()
    beat()

    (got,) = receiver.got
    delivery = webhook.deliveries.get()
    assert got.json == {
        "id": got.headers["Webhook-Id"],
        "type": "league.changed",
        "created_at": got.json["created_at"],
        "league": {"id": league.pk, "name": "Pit lane"},
        "data": {
            "by": {"id": manager.pk, "username": "manager"},
            "version": 1,
            "league_id": league.pk,
            "changed": {"name": "Pit lane"},
        },
    }
    assert is_signed(got, webhook.secret)
    assert not is_signed(got, new_secret())
    assert not is_signed(got, webhook.secret, later=301)
    for name, value in {"Id": "msg_other", "Timestamp": str(int(time.time()) + 60), "Signature": "v1,\xe9"}.items():
        assert not is_signed(got, webhook.secret, **{f"Webhook-{name}": value})
    assert got.headers["Content-Type"] == "application/json"
    assert abs(int(got.headers["Webhook-Timestamp"]) - time.time()) < 60
    assert (delivery.state, delivery.response_status, delivery.answer) == ("sent", 200, "thank you")
    assert delivery.duration_ms is not None


def test_events_are_posted_in_their_order(receiver: Receiver, make: Make, rename: Rename, league: League) -> None:
    make(league=league)
    for name in ("A", "B", "C"):
        rename(name)

    beat()

    assert [got.json["data"]["changed"]["name"] for got in receiver.got] == ["A", "B", "C"]


def test_a_failure_is_tried_again_with_the_same_id_and_body(
    receiver: Receiver, make: Make, rename: Rename, league: League, later: Later
) -> None:
    webhook = make(league=league)
    receiver.answers("500", "302", "429", "200")
    rename("Pit lane")

    beat()
    for _ in range(4):
        later(hours=1)
        beat()

    assert [got.headers["Webhook-Id"] for got in receiver.got] == [receiver.got[0].headers["Webhook-Id"]] * 4
    assert len({got.body for got in receiver.got}) == 1
    assert len({got.headers["Webhook-Timestamp"] for got in receiver.got}) == 4
    assert all(is_signed(got, webhook.secret) for got in receiver.got)
    assert states() == [("sent", 4)]
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.failing_since, webhook.rests_until) == (0, None, None)


def test_who_fails_rests_with_all_that_waits(
    receiver: Receiver, make: Make, rename: Rename, league: League, later: Later
) -> None:
    make(league=league)
    receiver.usual = "503"
    rename("A")
    rename("B")

    beat()
    beat()
    assert len(receiver.got) == 1

    later(seconds=40)
    receiver.usual = "200"
    beat()
    assert sorted(got.json["data"]["changed"]["name"] for got in receiver.got) == ["A", "A", "B"]
    assert states() == [("sent", 2), ("sent", 1)]


def test_it_waits_for_as_long_as_it_is_asked_to_but_not_for_ever(
    receiver: Receiver, make: Make, rename: Rename, league: League, later: Later
) -> None:
    make(league=league)
    receiver.answers("429 600", "429 99999999")
    rename("A")

    beat()
    later(minutes=9)
    beat()
    assert len(receiver.got) == 1
    later(minutes=2)
    beat()
    assert len(receiver.got) == 2
    later(minutes=61)
    beat()

    assert states() == [("sent", 3)]


def test_who_asks_for_a_moments_rest_gets_all_in_its_order(
    receiver: Receiver, make: Make, rename: Rename, league: League
) -> None:
    webhook = make(league=league, format="slack")
    receiver.answers("200", "429 0.1")
    for name in ("A", "B", "C"):
        rename(name)

    beat()

    bodies = list(webhook.deliveries.order_by("pk").values_list("body", flat=True))
    assert [got.body.decode() for got in receiver.got] == [bodies[0], bodies[1], bodies[1], bodies[2]]
    assert states() == [("sent", 1)] * 3


def test_a_receiver_that_is_down_for_a_day_gets_everything_afterwards(
    receiver: Receiver, make: Make, rename: Rename, league: League, later: Later
) -> None:
    webhook = make(league=league)
    receiver.usual = "502"
    for name in ("A", "B", "C"):
        rename(name)
    for _ in range(24 * 6):
        beat()
        later(minutes=10)

    tried = len(receiver.got)
    receiver.usual = "200"
    for _ in range(60):
        beat()
        later(minutes=10)

    told = [got.json["data"]["changed"]["name"] for got in receiver.got[tried:]]
    assert sorted(told) == ["A", "B", "C"]
    assert {state for state, _ in states()} == {"sent"}
    assert tried <= 60
    webhook.refresh_from_db()
    assert webhook.is_active


def test_who_never_answers_is_switched_off_and_its_owners_are_told(
    receiver: Receiver, make: Make, rename: Rename, league: League, manager: User, later: Later
) -> None:
    webhook = make(league=league)
    receiver.usual = "500"
    for day in range(6):
        rename(f"Day {day}")
        for _ in range(12):
            beat()
            later(hours=2)

    webhook.refresh_from_db()
    assert not webhook.is_active
    assert webhook.disabled_reason == "It answered 500."
    (told,) = Notification.objects.filter(user=manager)
    assert told.title == "The webhook to 127.0.0.1 is switched off"
    assert told.link == f"/webhooks/{webhook.pk}/"
    assert {state for state, _ in states()} == {"failed"}
    rename("Afterwards")
    beat()
    assert "Afterwards" not in [got.json["data"]["changed"]["name"] for got in receiver.got]


@pytest.mark.parametrize(
    ("kind", "status", "is_gone"), [("json", "410", True), ("json", "404", False), ("discord", "404", True)]
)
def test_an_address_that_is_gone_is_switched_off_at_once(
    receiver: Receiver, make: Make, rename: Rename, league: League, kind: str, status: str, is_gone: bool
) -> None:
    webhook = make(league=league, format=kind)
    receiver.usual = status
    rename("A")

    beat()

    webhook.refresh_from_db()
    assert webhook.is_active is not is_gone
    assert states() == [("failed" if is_gone else "waiting", 1)]


def test_a_chat_that_dislikes_a_message_is_not_asked_again(
    receiver: Receiver, make: Make, rename: Rename, league: League, later: Later
) -> None:
    make(league=league, format="slack")
    receiver.answers("400")
    rename("A")

    beat()
    later(hours=1)
    beat()

    assert states() == [("failed", 1)]


def test_an_owner_is_told_in_person(receiver: Receiver, make: Make, rename: Rename, player: User) -> None:
    webhook = make(user=player)
    receiver.answers("410")
    rename("A")

    beat()

    (told,) = player.notifications.all()
    assert (told.title, told.league) == (f"The webhook to {webhook.host} is switched off", None)


@pytest.mark.parametrize(
    ("kind", "state", "error"),
    [
        ("json", "waiting", "There was no whole answer in time."),
        (
            "slack",
            "failed",
            "Broken off while it was handed over: it may have arrived. There was no whole answer in time.",
        ),
    ],
)
def test_what_a_slow_receiver_may_have_got_comes_again_where_it_can_tell(
    receiver: Receiver,
    make: Make,
    rename: Rename,
    league: League,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    state: str,
    error: str,
) -> None:
    webhook = make(league=league, format=kind)
    monkeypatch.setattr(sending.outbound.post, "__kwdefaults__", {**_defaults(), "timeout": 0.2})
    receiver.answers(lambda handler: time.sleep(1))
    rename("A")

    beat()

    delivery = WebhookDelivery.objects.get()
    webhook.refresh_from_db()
    assert (delivery.state, delivery.error, webhook.failures) == (state, error, 1)
    assert len(receiver.got) == 1


def _defaults() -> dict[str, Any]:
    return dict(sending.outbound.post.__kwdefaults__ or {})


def test_an_address_that_has_moved_inside_gets_nothing_until_it_is_outside_again(
    receiver: Receiver, make: Make, rename: Rename, league: League, settings: Settings, later: Later
) -> None:
    make(league=league)
    rename("A")
    settings.OUTBOUND_LOOPBACK = False

    beat()

    assert receiver.got == []
    assert WebhookDelivery.objects.get().error.startswith("The address")
    settings.OUTBOUND_LOOPBACK = True
    later(minutes=1)
    beat()
    assert len(receiver.got) == 1


def test_the_log_says_of_the_last_try_alone_what_was_answered(
    receiver: Receiver, make: Make, rename: Rename, league: League, settings: Settings, later: Later
) -> None:
    make(league=league)
    receiver.answers("500")
    rename("A")
    beat()
    settings.OUTBOUND_LOOPBACK = False
    later(minutes=1)

    beat()

    delivery = WebhookDelivery.objects.get()
    assert (delivery.attempts, delivery.response_status, delivery.answer) == (2, None, "")


def test_what_an_answer_says_is_kept_in_part(receiver: Receiver, make: Make, rename: Rename, league: League) -> None:
    make(league=league)
    receiver.answers(lambda handler: handler.answer("200", body=b"\0\xff" + b"x" * 5000))
    rename("A")

    beat()

    assert WebhookDelivery.objects.get().answer == "\N{REPLACEMENT CHARACTER}" + "x" * 1022


# Who gets what ----------------------------------------------------------------------------------


def test_both_secrets_hold_for_a_day(
    receiver: Receiver, make: Make, rename: Rename, league: League, manager: User, later: Later
) -> None:
    old = make(league=league).secret
    webhook = endpoints.rotate_secret(webhook_id=Webhook.objects.get().pk, actor=manager, now=timezone.now())
    rename("A")
    beat()
    later(hours=25)
    rename("B")
    beat()

    first, second = receiver.got
    assert webhook.secret != old
    assert [is_signed(first, secret) for secret in (old, webhook.secret)] == [True, True]
    assert [is_signed(second, secret) for secret in (old, webhook.secret)] == [False, True]


def test_who_leaves_the_league_gets_nothing_any_more(
    receiver: Receiver, make: Make, rename: Rename, league: League, player: User
) -> None:
    make(user=player)
    rename("A")
    membership.leave_league(league_id=league.pk, user=player, now=timezone.now())
    rename("B")
    beat()
    assert receiver.got == []


def test_what_waits_is_not_sent_to_who_has_left_meanwhile(
    receiver: Receiver, make: Make, rename: Rename, league: League, player: User, later: Later
) -> None:
    make(user=player)
    receiver.answers("500")
    rename("A")
    beat()
    membership.leave_league(league_id=league.pk, user=player, now=timezone.now())
    forget_the_past()

    later(minutes=5)
    beat()

    assert len(receiver.got) == 1
    assert states() == [("dropped", 2)]


def test_a_closed_account_gets_nothing(
    receiver: Receiver, make: Make, rename: Rename, player: User, later: Later
) -> None:
    make(user=player)
    receiver.answers("500")
    rename("A")
    beat()
    User.objects.filter(pk=player.pk).update(is_active=False)
    rename("B")

    later(minutes=5)
    beat()

    assert len(receiver.got) == 1
    assert states() == [("dropped", 2)]


def test_one_hears_of_all_of_ones_leagues_and_of_no_other(
    receiver: Receiver, make: Make, rename: Rename, league: League, manager: User, player: User
) -> None:
    stranger = UserFactory()
    for user in (manager, player, stranger):
        make(user=user, url=f"{receiver.url}/{user.pk}")
    rename("A")

    filling.catch_up()
    for pk in Webhook.objects.values_list("pk", flat=True):  # one by one: threads do not see what a test wrote
        sending._send_of(pk)

    assert {got.path for got in receiver.got} == {f"/hook/{manager.pk}", f"/hook/{player.pk}"}


# Tests and second tries -------------------------------------------------------------------------


def test_a_test_is_sent_at_once_also_while_the_webhook_rests_and_is_tried_once(
    receiver: Receiver, make: Make, rename: Rename, league: League, manager: User
) -> None:
    webhook = make(league=league)
    receiver.answers("500", "500", "200")
    rename("A")
    beat()

    for _ in range(2):
        endpoints.test(webhook_id=webhook.pk, actor=manager, now=timezone.now())
        beat()

    test = ("webhook.test", {"message": "This is a test."})
    assert [(got.json["type"], got.json["data"]) for got in receiver.got[1:]] == [test, test]
    assert states() == [("waiting", 1), ("failed", 1), ("sent", 1)]
    webhook.refresh_from_db()
    assert webhook.failures == 0


def test_what_was_given_up_is_sent_again_with_its_old_id(
    receiver: Receiver, make: Make, rename: Rename, league: League, manager: User
) -> None:
    webhook = make(league=league, format="slack")
    receiver.answers("400")
    rename("A")
    beat()

    endpoints.send_again(delivery_id=webhook.deliveries.get().pk, actor=manager)
    beat()

    assert receiver.got[0].body == receiver.got[1].body
    assert states() == [("sent", 1)]


def test_old_posts_are_forgotten(receiver: Receiver, make: Make, rename: Rename, league: League, later: Later) -> None:
    make(league=league)
    rename("A")
    beat()
    later(days=29)
    forget_old()
    assert WebhookDelivery.objects.count() == 1

    later(days=2)
    forget_old()
    assert WebhookDelivery.objects.count() == 0


# Deaths and races -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_processes_post_each_event_once(
    receiver: Receiver, make: Make, rename: Rename, league: League, player: User
) -> None:
    make(league=league)
    make(user=player)
    for name in ("A", "B", "C"):
        rename(name)

    at_once([beat, beat, beat])
    beat()

    ids = [got.headers["Webhook-Id"] for got in receiver.got]
    assert len(ids) == len(set(ids)) == 6


DIE = """
import os, django
django.setup()
from fantasy_f1.core import outbound
from notifications.webhooks import filling, sending
from django.conf import settings
settings.OUTBOUND_LOOPBACK = True
really = outbound.post
def post(*args, **kwargs):
    really(*args, **kwargs)
    os._exit(9)
outbound.post = post
filling.catch_up()
sending.send_due()
"""


@pytest.mark.django_db(transaction=True)
def test_who_dies_between_handing_over_and_the_answer_is_followed_by_the_same_post(
    receiver: Receiver, make: Make, rename: Rename, league: League, later: Later
) -> None:
    """The receiver gets it twice, with one id: that is how it knows."""
    make(league=league)
    rename("A")
    database = connection.settings_dict["NAME"]
    address = f"sqlite:///{database}" if connection.vendor == "sqlite" else os.environ.get("TEST_DATABASE_URL", "")
    address = address if connection.vendor == "sqlite" else f"{address.rpartition('/')[0]}/{database}"
    environment = {**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "fantasy_f1.settings"}
    died = subprocess.run([sys.executable, "-c", DIE], env=environment, cwd=ROOT, capture_output=True, timeout=60)
    assert died.returncode == 9, died.stderr
    assert states() == [("handed_over", 1)]

    beat()
    assert len(receiver.got) == 1
    later(seconds=CLAIM.total_seconds() + 60)
    beat()

    first, second = receiver.got
    assert (first.headers["Webhook-Id"], first.body) == (second.headers["Webhook-Id"], second.body)
    assert states() == [("sent", 2)]


def test_an_event_that_cannot_be_told_holds_up_no_other(
    receiver: Receiver, make: Make, rename: Rename, league: League, monkeypatch: pytest.MonkeyPatch, later: Later
) -> None:
    make(league=league)
    really = filling.of_row
    rename("A")
    rename("B")
    broken = EventLog.objects.latest("pk").pk - 1

    def of_row(row: EventLog, heard_in: Any) -> Any:
        if row.pk == broken:
            raise ValueError("broken")
        return really(row, heard_in)

    monkeypatch.setattr(filling, "of_row", of_row)
    with pytest.raises(ExceptionGroup):
        beat()
    monkeypatch.undo()
    later(minutes=2)
    beat()

    assert [got.json["data"]["changed"]["name"] for got in receiver.got] == ["B", "A"]


@pytest.mark.parametrize("moment", ["_require_need", "_headers", "_problem", "_failed"])
def test_a_webhook_that_is_removed_while_it_is_posted_to_is_no_trouble(
    receiver: Receiver, make: Make, rename: Rename, league: League, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    make(league=league)
    receiver.usual = "500"
    really = getattr(sending, moment)

    def remove(*args: Any) -> Any:
        Webhook.objects.all().delete()
        return really(*args)

    monkeypatch.setattr(sending, moment, remove)
    rename("A")

    beat()

    assert not WebhookDelivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_webhook_that_hangs_holds_up_no_other(
    receiver: Receiver, make: Make, rename: Rename, league: League, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver() as slow:
        slow.usual = lambda handler: time.sleep(1.5)
        make(league=league, url=slow.url)
        make(league=league)
        rename("A")
        monkeypatch.setattr(sending.outbound.post, "__kwdefaults__", {**_defaults(), "timeout": 1.0})

        beat()

    assert len(receiver.got) == 1
    assert sorted(state for state, _ in states()) == ["sent", "waiting"]


def test_neither_who_fails_nor_who_has_much_to_be_sent_comes_before_all_others_each_time(
    make: Make, league: League
) -> None:
    now = timezone.now()
    failing, busy, other = make(league=league, failures=1), make(league=league), make(league=league)
    for webhook, waits in ((failing, 60), (busy, 30), (busy, 20), (other, 0)):
        since = now - timedelta(seconds=waits)
        webhook.deliveries.create(event_key=f"{waits}", type="draft.opened", next_at=since, created_at=since)

    orders = {tuple(sending._webhooks_due()) for _ in range(100)}

    assert orders == {(busy.pk, other.pk, failing.pk), (other.pk, busy.pk, failing.pk)}
