"""The browsers that show notifications by themselves: the only writer of ``PushSubscription``."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from accounts.devices import device
from accounts.models import SignIn, User
from fantasy_f1.core import outbound
from fantasy_f1.core.errors import DomainError, Invalid
from notifications import webpush
from notifications.models import PushSubscription

MAX_BROWSERS = 10
"""Of each person."""


class PushUnavailable(DomainError):
    """No push messages are sent here: the host has set no key for them."""

    code = "push_unavailable"


class TooManyBrowsers(DomainError):
    """10 browsers show your notifications, which is the most. Remove one that you do not use any more."""

    code = "too_many_browsers"


class NoSuchBrowser(DomainError):
    code = "not_found"
    status = 404


def push_key() -> str | None:
    """What a browser is given when it subscribes; ``None`` where nothing can be sent."""
    return webpush.public_key(settings.VAPID_PRIVATE_KEY) if settings.VAPID_PRIVATE_KEY else None


def of(user: User) -> QuerySet[PushSubscription]:
    """The latest first."""
    return user.push_subscriptions.all()


def subscribe(
    *, user: User, sign_in: SignIn | None, endpoint: str, p256dh: str, auth: str, user_agent: str, now: datetime
) -> tuple[PushSubscription, bool]:
    """Send to this browser from now on, until ``sign_in`` is ended → it, and whether it is new.

    Safe to repeat. It tells one person alone: whoever asks last. Raises ``PushUnavailable``, ``TooManyBrowsers``,
    ``AddressRefused`` and ``Invalid``.
    """
    _check(endpoint=endpoint, p256dh=p256dh, auth=auth)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        standing = of(user).filter(endpoint=endpoint, p256dh=p256dh, auth=auth).first()
        if standing:
            standing.sign_in = sign_in
            standing.save(update_fields=["sign_in"])
            return standing, False
        PushSubscription.objects.filter(endpoint=endpoint).delete()
        if of(user).count() >= MAX_BROWSERS:
            raise TooManyBrowsers(
                f"{MAX_BROWSERS} browsers show your notifications, which is the most. Remove one that you do not use "
                "any more."
            )
        made = PushSubscription.objects.create(
            user=user,
            sign_in=sign_in,
            endpoint=endpoint,
            p256dh=p256dh,
            auth=auth,
            device=device(user_agent)[:60],
            created_at=now,
        )
    return made, True


def renew(*, old_endpoint: str, old_auth: str, endpoint: str, p256dh: str, auth: str) -> PushSubscription:
    """A browser is reached elsewhere from now on; what is on its way to it will find it there.

    Nobody need be signed in: the secret of the old address, which its browser and we alone know, is the proof. Raises
    ``NoSuchBrowser`` and, but for ``TooManyBrowsers``, like ``subscribe``.
    """
    unknown = NoSuchBrowser("This browser is not known, or not any more.")
    known = PushSubscription.objects.filter(endpoint=old_endpoint, auth=old_auth)
    if not known.exists():
        raise unknown
    _check(endpoint=endpoint, p256dh=p256dh, auth=auth)  # asks for the name's address, which may take its time
    with transaction.atomic():
        browser = known.select_for_update().first()
        if browser is None:
            raise unknown
        PushSubscription.objects.filter(endpoint=endpoint).exclude(pk=browser.pk).delete()
        browser.endpoint, browser.p256dh, browser.auth = endpoint, p256dh, auth
        browser.save(update_fields=["endpoint", "p256dh", "auth"])
    return browser


def _check(*, endpoint: str, p256dh: str, auth: str) -> None:
    if not settings.VAPID_PRIVATE_KEY:
        raise PushUnavailable("No push messages are sent here: the host has set no key for them.")
    try:
        webpush.check_keys(p256dh=p256dh, auth=auth)
    except ValueError as error:
        raise Invalid("These are no keys of a browser.", field="keys") from error
    try:
        outbound.check(endpoint)
    except outbound.AddressRefused as error:
        raise outbound.AddressRefused(error.message, field="endpoint") from error


def unsubscribe(*, user: User, pk: int) -> PushSubscription:
    """Send nothing there any more. Raises ``NoSuchBrowser`` for one that was removed before, or is another's."""
    browser = of(user).filter(pk=pk).first()
    if browser is None:
        raise NoSuchBrowser("This browser was removed already.")
    browser.delete()
    return browser


def sign_out(sign_ins: Collection[int]) -> None:
    """Send nothing more where somebody was signed out. Safe to repeat."""
    PushSubscription.objects.filter(sign_in__in=sign_ins).delete()


def forget(browser: PushSubscription) -> None:
    """It is gone, says the server that reaches it. Safe to repeat."""
    PushSubscription.objects.filter(pk=browser.pk).delete()


def note_use(browser: PushSubscription, *, now: datetime) -> None:
    PushSubscription.objects.filter(pk=browser.pk).update(last_used_at=now)
