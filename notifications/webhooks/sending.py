"""Posting what is due. A webhook that does not answer rests for a while, and holds up no other.

Times are real ones.
"""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from time import monotonic, sleep

from django.db import connections, transaction
from django.db.models import Q
from django.utils import timezone

from fantasy_f1.core import outbound
from fantasy_f1.core.outbound import AddressRefused, Answer, NoAnswer, Unreachable
from fantasy_f1.core.sweeps import attempts
from leagues.models import League
from notifications import outgoing
from notifications.outgoing import JITTER, MAY_HAVE_ARRIVED, NotNeeded, OutcomeUnknown, Outgoing, Refused, TryLater
from notifications.webhooks import endpoints
from notifications.webhooks.happenings import TEST
from notifications.webhooks.models import Webhook, WebhookDelivery
from notifications.webhooks.signing import headers

RESTS = tuple(timedelta(minutes=minutes) for minutes in (0.5, 2, 10, 30))
"""How long a webhook is left alone after its first, second, … failure in a row."""
MOMENT = timedelta(seconds=2)
"""For so long it is waited for on the spot."""
LONGEST_REST = timedelta(hours=1)
"""Whatever the other side asks for."""
PATIENCE = timedelta(days=5)
"""After which a webhook that only failed is switched off; but not before so many failures:"""
LEAST_FAILURES = 10
KEPT_FOR = timedelta(days=30)
KEPT_OF_ANSWER = 1024

AT_ONCE = 4
"""Webhooks that are posted to side by side."""
TURN, SWEEP = 5.0, 15.0
"""Seconds that one webhook may take at a time, and after which no further one is begun: the next sweep goes on."""


class Gone(Refused):
    """There is nobody any more who would take anything."""


def has_due() -> bool:
    return bool(_webhooks_due())


def send_due() -> None:
    """Post what is due by now. Any number of processes may do so at once."""
    due = _webhooks_due()
    if len(due) <= 1:
        for webhook_id in due:
            _send_of(webhook_id)
        return
    end = monotonic() + SWEEP
    with attempts("Some webhooks failed.") as attempt, ThreadPoolExecutor(AT_ONCE, "webhooks") as pool:
        running = {pk: pool.submit(_in_thread, pk, end) for pk in due}
        for pk, future in running.items():
            attempt(_outcome, webhook_id=pk, of=future.result)


def forget_old() -> None:
    """Delete what was posted, or given up, a month ago."""
    over = WebhookDelivery.objects.exclude(done_at=None)
    over.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()


def _webhooks_due() -> list[int]:
    """Those that have something to be posted and do not rest, in the order of a lottery; who failed comes last.

    By age a few slow ones that have much to be posted would come first each time, and take all of a sweep.
    """
    now = timezone.now()
    waiting = WebhookDelivery.objects.filter(state=Outgoing.State.WAITING, next_at__lte=now)
    awake = Q(webhook__rests_until=None) | Q(webhook__rests_until__lte=now) | Q(type=TEST)
    lost = WebhookDelivery.objects.filter(claimed_until__lt=now)
    rows = (each.order_by().values_list("webhook", "webhook__failures") for each in (waiting.filter(awake), lost))
    failures = dict(row for each in rows for row in each.distinct())
    return sorted(failures, key=lambda pk: (failures[pk] > 0, random.random()))  # noqa: S311 (no secret)


def _in_thread(webhook_id: int, end: float) -> None:
    try:
        if monotonic() < end:
            _send_of(webhook_id)
    finally:
        connections.close_all()


def _outcome(*, webhook_id: int, of: Callable[[], None]) -> None:
    of()


def _send_of(webhook_id: int) -> None:
    """What is due of one webhook, until it fails or its turn is over."""
    end = monotonic() + TURN
    while monotonic() < end:
        rows = WebhookDelivery.objects.filter(webhook=webhook_id).select_related("webhook__user")
        if Webhook.objects.filter(pk=webhook_id, rests_until__gt=timezone.now()).exists():
            rows = rows.filter(type=TEST)
        if not outgoing.has_due(rows) or not outgoing.send_due(rows, _send, most=1):
            return


def _send(delivery: WebhookDelivery, hand_over: Callable[[], None]) -> None:
    _require_need(delivery)
    begun = monotonic()
    problem: Exception | None
    status, said = None, ""
    try:
        answer = _post(delivery, hand_over)
    except (AddressRefused, Unreachable) as error:
        problem = TryLater(str(error))
    except NoAnswer as error:
        problem = OutcomeUnknown(str(error))
        if not delivery.webhook.is_signed:  # a chat cannot tell a repetition
            problem = Refused(f"{MAY_HAVE_ARRIVED} {error}")
    else:
        problem = _problem(delivery.webhook, answer)
        status, said = answer.status, _text(answer)
    took = round((monotonic() - begun) * 1000)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(response_status=status, answer=said, duration_ms=took)
    _conclude(delivery, problem)


def _post(delivery: WebhookDelivery, hand_over: Callable[[], None]) -> Answer:
    """Who asks for a moment's rest, as chats do when much happens at once, gets it, and events stay in their order."""
    post = partial(
        outbound.post,
        delivery.webhook.url,
        body=delivery.body.encode(),
        headers=_headers(delivery),
        before_sending=hand_over,
    )
    answer = post()
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS and timedelta() < answer.retry_after <= MOMENT:
        sleep(answer.retry_after.total_seconds())
        return post()
    return answer


def _require_need(delivery: WebhookDelivery) -> None:
    """Raise where nobody shall get it any more."""
    webhook = delivery.webhook
    if delivery.type != TEST and not webhook.is_active:
        raise Refused(endpoints.SWITCHED_OFF)
    if webhook.user is None:
        return
    if not webhook.user.is_active:
        raise NotNeeded("The account is closed.")
    if delivery.league_id and not League.objects.of(webhook.user).filter(pk=delivery.league_id).exists():
        raise NotNeeded(f"{webhook.user} is not in the league any more.")


def _headers(delivery: WebhookDelivery) -> dict[str, str]:
    webhook, now = delivery.webhook, timezone.now()
    plain = {"Content-Type": "application/json"}
    if not webhook.is_signed:
        return plain
    secrets = [webhook.secret]
    if webhook.old_secret_until and webhook.old_secret_until > now:
        secrets.append(webhook.old_secret)
    return plain | headers(message_id=delivery.message_id, body=delivery.body.encode(), secrets=secrets, at=now)


def _problem(webhook: Webhook, answer: Answer) -> Exception | None:
    """What an answer means; a chat whose webhook was removed answers 404, and one that dislikes a message 400."""
    said = f"It answered {answer.status}."
    is_chat = not webhook.is_signed
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if answer.status == HTTPStatus.GONE or (is_chat and answer.status == HTTPStatus.NOT_FOUND):
        return Gone(f"{said} The address is gone.")
    if is_chat and answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE):
        return Refused(said)
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        said = f"{said} Redirects are not followed."
    return TryLater(said, after=min(answer.retry_after, LONGEST_REST))


def _conclude(delivery: WebhookDelivery, problem: Exception | None) -> None:
    """Remember how the webhook does; a test is tried once, because whoever asked for it looks at what comes of it."""
    webhook_id = delivery.webhook_id
    if problem is None:
        Webhook.objects.filter(pk=webhook_id, failures__gt=0).update(failures=0, failing_since=None, rests_until=None)
        return
    if delivery.type == TEST:
        raise Refused(str(problem))
    _failed(webhook_id, problem, timezone.now())
    raise problem


def _failed(webhook_id: int, problem: Exception, now: datetime) -> None:
    with transaction.atomic():
        webhook = Webhook.objects.select_for_update().filter(pk=webhook_id).first()
        if webhook is None:  # removed meanwhile
            return
        rest = RESTS[min(webhook.failures, len(RESTS) - 1)] * random.uniform(1, 1 + JITTER)  # noqa: S311 (jitter)
        webhook.failures += 1
        webhook.failing_since = webhook.failing_since or now
        webhook.rests_until = now + max(rest, getattr(problem, "after", rest))
        webhook.save(update_fields=["failures", "failing_since", "rests_until"])
        is_hopeless = now - webhook.failing_since >= PATIENCE and webhook.failures >= LEAST_FAILURES
        if isinstance(problem, Gone) or is_hopeless:
            endpoints.give_up(webhook, why=str(problem), now=now)


def _text(answer: Answer) -> str:
    """Its beginning, without what a database does not take."""
    return answer.body[:KEPT_OF_ANSWER].decode(errors="replace").replace("\0", "")
