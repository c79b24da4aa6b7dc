"""A post for each webhook that wants to hear of something: read from the event log, each event once."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Q
from django.utils import timezone
from rest_framework.utils.encoders import JSONEncoder

from fantasy_f1.core import log_reader
from fantasy_f1.core.models import EventLog
from leagues.models import Constructor, League
from notifications.webhooks import chat
from notifications.webhooks.chat import Said
from notifications.webhooks.happenings import Happening, of_locks, of_row
from notifications.webhooks.models import Webhook, WebhookDelivery, new_message_id

READER = "webhooks"
Listeners = Mapping[int, Sequence[Webhook]]
"""Those that are switched on, by the leagues of which they hear."""
SHAPES = {Webhook.Format.DISCORD: chat.discord, Webhook.Format.SLACK: chat.slack}


def has_news() -> bool:
    return log_reader.has_news(READER)


def follow_log() -> int:
    """Make posts of what happened since the last time → how many events that were; 0 at the end of the log."""
    listeners = cache(_listeners)  # the same for all events of one go

    def handle(row: EventLog) -> None:
        if by_league := listeners():
            _make(of_row(row, by_league), by_league)

    return log_reader.follow(READER, handle)


def catch_up() -> None:
    """``follow_log`` to the end of the log."""
    while follow_log():
        pass


def warn_of_locks(now: datetime) -> None:
    """Make posts of the drafts that lock soon. Safe to repeat."""
    if by_league := _listeners():
        _make(of_locks(now, by_league), by_league)


def body_of(
    webhook: Webhook,
    *,
    message_id: str,
    kind: str,
    league: League | None,
    at: datetime,
    data: Any,
    said: Callable[[], Said],
) -> str:
    """What is posted, as this webhook takes it; ``said`` is asked where that is words."""
    if shape := SHAPES.get(Webhook.Format(webhook.format)):
        return _json(shape(said()))
    of = league and {"id": league.pk, "name": league.name}
    return _json({"id": message_id, "type": kind, "created_at": at, "league": of, "data": data})


def _make(happenings: Iterable[Happening], listeners: Listeners) -> None:
    now = timezone.now()
    made = []
    for happening in happenings:
        wanting = [webhook for webhook in listeners[happening.league.pk] if webhook.wants(happening.kind)]
        said = cache(happening.said)
        made += [_delivery(webhook, happening, said, now) for webhook in wanting]
    WebhookDelivery.objects.bulk_create(made, ignore_conflicts=True, batch_size=500)


def _delivery(webhook: Webhook, happening: Happening, said: Callable[[], Said], now: datetime) -> WebhookDelivery:
    message_id = new_message_id()
    body = body_of(
        webhook,
        message_id=message_id,
        kind=happening.kind,
        league=happening.league,
        at=happening.at,
        data=happening.data,
        said=said,
    )
    return WebhookDelivery(
        webhook=webhook,
        league=happening.league,
        event_key=happening.key,
        type=happening.kind,
        message_id=message_id,
        body=body,
        next_at=now,
        created_at=now,
    )


def _listeners() -> Listeners:
    """Three queries, however many there are."""
    by_league: dict[int, list[Webhook]] = defaultdict(list)
    of_users: dict[int, list[Webhook]] = defaultdict(list)
    for webhook in Webhook.objects.filter(Q(user=None) | Q(user__is_active=True), is_active=True):
        if webhook.league_id:
            by_league[webhook.league_id].append(webhook)
        elif webhook.user_id:
            of_users[webhook.user_id].append(webhook)
    if of_users:
        playing = Constructor.objects.playing().filter(user__in=of_users).order_by().values_list("league", "user")
        managing = League.managers.through.objects.filter(user__in=of_users).values_list("league", "user")
        for league_id, user_id in {*playing, *managing}:
            by_league[league_id] += of_users[user_id]
    return dict(by_league)


def _json(value: Any) -> str:
    return json.dumps(value, cls=JSONEncoder, ensure_ascii=False, separators=(",", ":"))
