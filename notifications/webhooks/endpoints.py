"""What people do with webhooks: add, change, test, switch off. The only writer of ``Webhook``, but for how it does.

``now`` is the real time.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction

from accounts.models import User
from accounts.verification import require_player
from fantasy_f1.core import clock, outbound, ratelimit
from fantasy_f1.core.errors import DomainError, Invalid
from fantasy_f1.core.events import publish
from leagues.events import WebhookAdded, WebhookRemoved
from leagues.models import League
from leagues.permissions import require_manager
from notifications import messages, outgoing, service
from notifications.outgoing import Outgoing
from notifications.webhooks import chat
from notifications.webhooks.filling import body_of
from notifications.webhooks.happenings import AREAS, FOR_CHATS, KINDS, TEST
from notifications.webhooks.models import Webhook, WebhookDelivery, new_message_id, new_secret

MOST_OF_USER, MOST_OF_LEAGUE = 10, 5
OLD_SECRET_FOR = timedelta(hours=24)
"""How long posts are signed with the old secret, too, once there is a new one."""
SWITCHED_OFF = "The webhook was switched off."
NOT_THERE = "There is no such webhook."

Format = Webhook.Format


class TooManyWebhooks(DomainError):
    """There are 10 webhooks, which is the most: remove one that is not used any more."""

    code = "too_many_webhooks"


class NoSuchWebhook(DomainError):
    code = "not_found"
    status = 404


class NotSigned(DomainError):
    """Only signed JSON has a secret."""

    code = "not_signed"


class WebhookOff(DomainError):
    """The webhook is switched off: switch it on first."""

    code = "webhook_off"


def format_of(url: str) -> str:
    """The format that the address is known to take."""
    parts = urlsplit(url)
    host, path = (parts.hostname or "").removeprefix("ptb.").removeprefix("canary."), parts.path.rstrip("/")
    if host in ("discord.com", "discordapp.com") and path.startswith("/api/"):
        return Format.SLACK if path.endswith("/slack") else Format.DISCORD
    return Format.SLACK if host == "hooks.slack.com" else Format.JSON


def add(
    *,
    actor: User,
    league: League | None,
    url: str,
    format: str = "",
    events: Sequence[str] = (),
    now: datetime,
) -> Webhook:
    """A new webhook of ``actor``, or of the ``league`` that they manage.

    Without a format it is told by the address; without events a chat gets ``FOR_CHATS`` and a program all. Raises
    ``NotAllowed``, ``AddressRefused``, ``Invalid``, ``TooManyWebhooks``, ``AccountClosed``, ``EmailNotVerified``.
    """
    url = url.strip()
    outbound.check(url)  # before anything is locked: it asks name servers
    format = format or format_of(url)
    webhook = Webhook(url=url, format=format, secret=new_secret(), created_at=now)
    webhook.events = _checked(events) or list(AREAS if webhook.is_signed else FOR_CHATS)
    with transaction.atomic():
        if league is None:
            require_player(actor)
            webhook.user = actor
            _require_room(actor.webhooks.count(), MOST_OF_USER)
        else:
            webhook.league = League.objects.lock(league.pk)
            require_manager(actor, webhook.league)
            require_player(actor)
            _require_room(webhook.league.webhooks.count(), MOST_OF_LEAGUE)
            event = WebhookAdded(league.pk, webhook.host)
            publish(event, source=webhook.league, actor=actor, now=clock.now())
        webhook.save()
    return webhook


def change(
    *, webhook_id: int, actor: User, events: Sequence[str] | None = None, is_active: bool | None = None, now: datetime
) -> Webhook:
    """What is ``None`` stays. Switching off gives up what was not sent yet; switched on, it begins afresh.

    Raises ``NoSuchWebhook``, ``Invalid``.
    """
    with transaction.atomic():
        webhook = _locked(webhook_id, actor)
        if events is not None:
            webhook.events = _checked(events)
            if not webhook.events:
                raise Invalid("Choose at least one kind of event.", field="events")
        if is_active is not None and is_active != webhook.is_active:
            webhook.is_active = is_active
            webhook.disabled_at, webhook.disabled_reason = None, ""
            webhook.failures, webhook.failing_since, webhook.rests_until = 0, None, None
            if not is_active:
                _give_up_waiting(webhook, now)
        webhook.save()
    return webhook


def remove(*, webhook_id: int, actor: User) -> None:
    """Raises ``NoSuchWebhook``."""
    with transaction.atomic():
        seen = _seen(webhook_id, actor)
        league = League.objects.lock(seen.league_id) if seen.league_id else None
        webhook = _locked(webhook_id, actor)
        if league:
            publish(WebhookRemoved(league.pk, webhook.host), source=league, actor=actor, now=clock.now())
        webhook.delete()


def rotate_secret(*, webhook_id: int, actor: User, now: datetime) -> Webhook:
    """Another secret; for a day posts are signed with both. Raises ``NoSuchWebhook``, ``NotSigned``."""
    with transaction.atomic():
        webhook = _locked(webhook_id, actor)
        if not webhook.is_signed:
            raise NotSigned("Only signed JSON has a secret.")
        webhook.old_secret, webhook.old_secret_until = webhook.secret, now + OLD_SECRET_FOR
        webhook.secret = new_secret()
        webhook.save(update_fields=["secret", "old_secret", "old_secret_until"])
    return webhook


def test(*, webhook_id: int, actor: User, now: datetime) -> WebhookDelivery:
    """A post that says that it is a test, tried once, within seconds, also where the webhook is switched off.

    Raises ``NoSuchWebhook``, ``RateLimited``.
    """
    webhook = _seen(webhook_id, actor)
    ratelimit.limit_webhook_tests(user_id=actor.pk)
    message_id = new_message_id()
    body = body_of(
        webhook,
        message_id=message_id,
        kind=TEST,
        league=webhook.league,
        at=clock.now(),
        data={"message": "This is a test."},
        said=lambda: chat.test(webhook.league),
    )
    return webhook.deliveries.create(
        league=webhook.league,
        event_key=message_id,
        type=TEST,
        message_id=message_id,
        body=body,
        next_at=now,
        created_at=now,
    )


def send_again(*, delivery_id: int, actor: User) -> WebhookDelivery:
    """Try once more, from the start and with the same id, what was given up; the host may do so for everybody.

    Raises ``NoSuchWebhook``, ``WebhookOff``, ``NothingToRepeat``.
    """
    delivery = WebhookDelivery.objects.select_related("webhook").filter(pk=delivery_id).first()
    if delivery is None:
        raise NoSuchWebhook("There is no such post.")
    webhook = delivery.webhook if actor.is_superuser else _seen(delivery.webhook_id, actor)
    if not webhook.is_active and delivery.type != TEST:
        raise WebhookOff("The webhook is switched off: switch it on first.")
    delivery = outgoing.send_again(delivery)
    Webhook.objects.filter(pk=webhook.pk).update(rests_until=None)
    return delivery


def give_up(webhook: Webhook, *, why: str, now: datetime) -> None:
    """Switch a locked webhook off that does not answer, and tell whose it is."""
    webhook.is_active, webhook.disabled_at, webhook.disabled_reason = False, now, why
    webhook.save(update_fields=["is_active", "disabled_at", "disabled_reason"])
    _give_up_waiting(webhook, now)
    message = messages.webhook_off(
        webhook.host,
        why,
        link=webhook.get_absolute_url(),
        key=f"webhook:{webhook.pk}:{now.isoformat()}",
        league_id=webhook.league_id,
    )
    owners = webhook.league.managers.values_list("pk", flat=True) if webhook.league else [webhook.user_id]
    service.create([(pk, message) for pk in owners if pk], now=clock.now())


def _give_up_waiting(webhook: Webhook, now: datetime) -> None:
    waiting = webhook.deliveries.filter(state=Outgoing.State.WAITING)
    waiting.update(state=Outgoing.State.FAILED, error=SWITCHED_OFF, done_at=now)


def _seen(webhook_id: int, actor: User) -> Webhook:
    webhook = Webhook.objects.visible_to(actor).select_related("league", "user").filter(pk=webhook_id).first()
    if webhook is None:
        raise NoSuchWebhook(NOT_THERE)
    return webhook


def _locked(webhook_id: int, actor: User) -> Webhook:
    _seen(webhook_id, actor)
    webhook = Webhook.objects.select_for_update(no_key=True).filter(pk=webhook_id).first()
    if webhook is None:  # removed meanwhile
        raise NoSuchWebhook(NOT_THERE)
    return webhook


def _checked(events: Sequence[str]) -> list[str]:
    for kind in events:
        if kind not in KINDS and kind not in AREAS:
            raise Invalid(f"There is no event {kind[:50]}.", field="events")
    return list(dict.fromkeys(events))


def _require_room(count: int, most: int) -> None:
    if count >= most:
        raise TooManyWebhooks(f"There are {most} webhooks, which is the most: remove one that is not used any more.")
