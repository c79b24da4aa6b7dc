"""What notifications have to do with accounts that close or ask for their data."""

from typing import Any

from accounts import export
from accounts.models import User
from accounts.signals import account_closing


def forget(*, user: User, for_good: bool, **kwargs: Any) -> None:
    if for_good:
        user.notifications.all().delete()
        user.webhooks.all().delete()


def notifications_of(user: User) -> list[dict[str, Any]]:
    fields = ["type", "title", "message", "link", "is_read", "created_at"]
    return list(user.notifications.order_by("pk").values(*fields))


def webhooks_of(user: User) -> list[dict[str, Any]]:
    """Their own; those of leagues are the leagues'."""
    fields = ["url", "format", "events", "is_active", "created_at", "disabled_at", "disabled_reason"]
    return list(user.webhooks.order_by("pk").values(*fields))


def connect() -> None:
    account_closing.connect(forget)
    export.register("notifications", notifications_of)
    export.register("webhooks", webhooks_of)
