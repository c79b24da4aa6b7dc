"""Web push: a message for each browser that its person lets show some, by way of the server of the browser's maker."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from email.utils import parseaddr
from http import HTTPStatus

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from fantasy_f1.core import clock, outbound
from fantasy_f1.core.spoilers import results_until
from notifications import browsers, webpush
from notifications.models import Delivery, Notification, PushSubscription
from notifications.outgoing import NotNeeded, OutcomeUnknown, Refused, SendAll, TryLater
from notifications.shown import shown

Type = Notification.Type
URGENT = frozenset({Type.PICK_TURN, Type.REMINDER})
"""Worth waking a phone that saves its battery."""
KEPT_FOR = timedelta(days=1)
"""By the server in between, for a browser that is off; less where it is of no use so long."""


def targets(users: Iterable[User]) -> dict[int, list[str]]:
    """The browsers of each, where there is a key to send with."""
    found = defaultdict(list)
    if settings.VAPID_PRIVATE_KEY:
        own = PushSubscription.objects.filter(user__in=[user.pk for user in users]).order_by("pk")
        for pk, user_id in own.values_list("pk", "user"):
            found[user_id].append(str(pk))
    return found


@contextmanager
def open_sender() -> Iterator[SendAll[Delivery]]:
    """Every push goes to a server of its own choice: there is no connection to share."""
    yield _send


def _send(deliveries: Sequence[Delivery], hand_over: Callable[[], None]) -> None:
    [delivery] = deliveries
    user = delivery.notification.user
    browser = PushSubscription.objects.filter(pk=delivery.target, user=user).first()
    if browser is None or not settings.VAPID_PRIVATE_KEY:
        raise NotNeeded("This browser is not told any more.")
    body = webpush.encrypt(_text(delivery.notification), p256dh=browser.p256dh, auth=browser.auth)
    try:
        answer = outbound.post(
            browser.endpoint, body=body, headers=_headers(delivery.notification, browser), before_sending=hand_over
        )
    except outbound.AddressRefused as error:
        raise Refused(str(error)) from error
    except outbound.Unreachable as error:
        raise TryLater(str(error)) from error
    except outbound.NoAnswer as error:
        raise OutcomeUnknown(str(error)) from error
    if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        browsers.forget(browser)
        raise NotNeeded("The browser does not want to be told any more.")
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise TryLater(f"The push server said {answer.status}.", after=answer.retry_after)
    if not 200 <= answer.status < 300:
        raise Refused(f"The push server said {answer.status}: {answer.body[:200].decode(errors='replace')}")
    browsers.note_use(browser, now=timezone.now())


def _text(notification: Notification) -> bytes:
    """What the service worker shows (templates/notifications/sw.js)."""
    title, text = shown(notification, results_until(notification.user))
    link = reverse("notifications:follow", args=[notification.pk])
    content = {"title": title, "text": text, "link": link, "tag": f"notification-{notification.pk}"}
    return json.dumps(content, ensure_ascii=False).encode()


def _headers(notification: Notification, browser: PushSubscription) -> dict[str, str]:
    useful = notification.useful_until - clock.now() if notification.useful_until else KEPT_FOR
    return {
        "Authorization": webpush.authorization(
            settings.VAPID_PRIVATE_KEY, endpoint=browser.endpoint, contact=_contact(), now=timezone.now()
        ),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(max(0, int(min(useful, KEPT_FOR).total_seconds()))),
        "Topic": f"notification-{notification.pk}",
        "Urgency": "high" if notification.type in URGENT else "normal",
    }


def _contact() -> str:
    """Whom the push server's people may write to."""
    return settings.BASE_URL if settings.USES_HTTPS else f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"
