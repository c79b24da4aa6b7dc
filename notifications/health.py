"""What the host should know of how telling people goes."""

from datetime import datetime

from django.urls import reverse

from fantasy_f1.core.clockwork import HostWarning
from fantasy_f1.core.models import UnreadEvent
from notifications.models import Delivery
from notifications.outgoing import Outgoing
from notifications.webhooks.happenings import TEST
from notifications.webhooks.models import WebhookDelivery

GIVEN_UP = Outgoing.State.FAILED


def warnings(now: datetime) -> list[HostWarning]:
    """For the page of the clockwork; nothing where all is well."""
    posts = WebhookDelivery.objects.exclude(type=TEST)
    of_state = f"?state__exact={GIVEN_UP}"
    found = [
        (
            "Mails and pushes that were given up",
            Delivery.objects.filter(state=GIVEN_UP),
            "notifications_delivery",
            of_state,
        ),
        (
            "Posts to webhooks that were given up",
            posts.filter(state=GIVEN_UP),
            "notifications_webhookdelivery",
            of_state,
        ),
        ("Events that could not be told", UnreadEvent.objects.all(), "core_unreadevent", ""),
    ]
    return [
        HostWarning(f"{what}: {count}.", reverse(f"admin:{model}_changelist") + query)
        for what, rows, model, query in found
        if (count := rows.count())
    ]
