"""Changing the address of an account, which whoever reads its mails can take over: both addresses must agree.

``now`` is always the real time.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from accounts import links, tasks, verification
from accounts.identity import prove_password
from accounts.limits import account_key
from accounts.models import EmailChange, User
from accounts.signup import check_email, save
from fantasy_f1.core.ratelimit import limit_mail


def change_email(*, user: User, email: str, current_password: str, now: datetime) -> User:
    """Ask for another address, or give up the wish for one by naming the standing one.

    It changes once links sent to both addresses were followed; at once where no mails are sent, or where the old
    address never was confirmed (the new one must be then). Raises ``WrongPassword``, ``Invalid``, ``EmailTaken``,
    ``RateLimited`` after too many mails to the new one.
    """
    prove_password(user, current_password)
    with transaction.atomic():
        current = User.objects.select_for_update().get(pk=user.pk)
        address = check_email(current, email)
        EmailChange.objects.filter(user=current).delete()
        if address == current.email:
            return current
        if settings.EMAIL_VERIFICATION:  # whose mailbox it is, nobody knows yet
            limit_mail(account=account_key(address))
        if settings.EMAIL_VERIFICATION and current.email_verified_at is not None:
            change = EmailChange.objects.create(user=current, email=address, created_at=now)
            for side in ("old", "new"):
                transaction.on_commit(lambda side=side: tasks.send_email_change.delay(change.pk, side), robust=True)  # type: ignore[misc]
        else:
            current.email, current.verification_sent_at = address, None
            save(current)
            verification.send_verification(user=current, now=now)
    return current


def pending_email(user: User) -> str | None:
    """The address that waits for being confirmed."""
    return EmailChange.objects.filter(user=user).values_list("email", flat=True).first()


def find_change(token: str) -> tuple[EmailChange, str]:
    """What a link is about: the change, and ``old`` or ``new``. Raises ``LinkNotValid``."""
    content = links.read(links.CHANGE_EMAIL, token)
    change = EmailChange.objects.select_related("user").filter(pk=content["change"], user__is_active=True).first()
    if change is None:
        raise links.used_up()
    return change, content["side"]


def confirm_email_change(*, token: str, now: datetime) -> User | None:
    """Confirm at one end → the account when that was the second one and its address has changed.

    Safe to repeat. Raises ``LinkNotValid``, and ``EmailTaken`` where somebody else has taken the address since.
    """
    found, side = find_change(token)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=found.user_id)
        change = EmailChange.objects.filter(pk=found.pk).first()
        if change is None:
            raise links.used_up()
        setattr(change, f"is_confirmed_by_{side}", True)
        change.save()
        if not (change.is_confirmed_by_old and change.is_confirmed_by_new):
            return None
        user.email, user.email_verified_at = check_email(user, change.email), now
        save(user)
        change.delete()
    return user
