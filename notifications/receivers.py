"""What notifications have to do with accounts that close, are signed out, or ask for their data."""

from collections.abc import Collection
from typing import Any

from accounts import export
from accounts.models import User
from accounts.signals import account_closing, sign_ins_ended
from fantasy_f1.core.spoilers import results_until
from notifications import browsers, service
from notifications.models import Habits
from notifications.shown import shown


def forget(*, user: User, for_good: bool, **kwargs: Any) -> None:
    """Browsers are told nothing of an account that is closed, even for a while: it may be somebody else's by then."""
    user.push_subscriptions.all().delete()
    if for_good:
        user.notifications.all().delete()
        service.forget_person(user)
        user.webhooks.all().delete()
        user.notification_preferences.all().delete()
        Habits.objects.filter(user=user).delete()


def fall_silent(*, sign_ins: Collection[int], **kwargs: Any) -> None:
    """A browser that is signed out, there or from elsewhere, is told nothing more."""
    browsers.sign_out(sign_ins)


def notifications_of(user: User) -> list[dict[str, Any]]:
    """As the person may see them: a shield holds here, too."""
    fields = ["type", "link", "is_read", "created_at"]
    told = []
    for each in user.notifications.select_related("race").order_by("pk"):
        title, text = shown(each, results_until(user))
        told.append({"title": title, "message": text, **{name: getattr(each, name) for name in fields}})
    return told


def webhooks_of(user: User) -> list[dict[str, Any]]:
    """Their own; those of leagues are the leagues'."""
    fields = ["url", "format", "events", "is_active", "created_at", "disabled_at", "disabled_reason"]
    return list(user.webhooks.order_by("pk").values(*fields))


def preferences_of(user: User) -> dict[str, Any]:
    """What was chosen; the rest is as it is for everybody."""
    habits = ["quiet_from", "quiet_until", "digest", "digest_at"]
    return {
        "ways": list(user.notification_preferences.order_by("pk").values("type", "channel", "is_on")),
        "habits": Habits.objects.filter(user=user).values(*habits).first(),
        "browsers": list(
            user.push_subscriptions.order_by("pk").values("device", "endpoint", "created_at", "last_used_at")
        ),
    }


def connect() -> None:
    account_closing.connect(forget)
    sign_ins_ended.connect(fall_silent)
    export.register("notifications", notifications_of)
    export.register("webhooks", webhooks_of)
    export.register("notification_preferences", preferences_of)
