"""What notifications have to do with accounts that close or ask for their data."""

from typing import Any

from accounts import export
from accounts.models import User
from accounts.signals import account_closing


def forget(*, user: User, for_good: bool, **kwargs: Any) -> None:
    if for_good:
        user.notifications.all().delete()


def notifications_of(user: User) -> list[dict[str, Any]]:
    fields = ["type", "title", "message", "link", "is_read", "created_at"]
    return list(user.notifications.order_by("pk").values(*fields))


def connect() -> None:
    account_closing.connect(forget)
    export.register("notifications", notifications_of)
