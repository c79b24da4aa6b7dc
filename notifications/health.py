"""What the host should know of how telling people goes."""

from datetime import datetime

from fantasy_f1.core.models import UnreadEvent
from notifications.models import Delivery
from notifications.outgoing import Outgoing
from notifications.webhooks.happenings import TEST
from notifications.webhooks.models import WebhookDelivery


def warnings(now: datetime) -> list[str]:
    """In words, for the page of the clockwork; nothing where all is well."""
    given_up = Outgoing.State.FAILED
    posts = WebhookDelivery.objects.exclude(type=TEST)
    counts = {
        "Mails and pushes that were given up": Delivery.objects.filter(state=given_up).count(),
        "Posts to webhooks that were given up": posts.filter(state=given_up).count(),
        "Events that could not be told": UnreadEvent.objects.count(),
    }
    return [f"{what}: {count}." for what, count in counts.items() if count]
