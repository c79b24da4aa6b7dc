"""Mails, and cleaning up every day by beat.

Mails are sent outside of requests: so nobody waits for them, or tells by the time whether there is an account. Each
looks up what it is about when its turn comes, and sends nothing where that is gone by then.
"""

from datetime import time
from smtplib import SMTPException

from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import access, links, mails
from accounts.models import EmailChange, User
from fantasy_f1.core.jobs import Queue, job, periodic

AGAIN = (OSError, SMTPException)


@job(queue=Queue.MAIL, again_for=AGAIN)
def send_password_reset(email: str) -> None:
    """Mails the link for a new password to the account with this (normalised) address, if one can log in."""
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None or not user.has_usable_password():
        return
    where = {"uidb64": urlsafe_base64_encode(force_bytes(user.pk)), "token": default_token_generator.make_token(user)}
    mails.send(
        "password_reset", to=user.email, user=user, path=reverse("accounts:password_reset_confirm", kwargs=where)
    )


@job(queue=Queue.MAIL, again_for=AGAIN)
def send_verification(user_id: int) -> None:
    """Mails a new account the link that confirms its address."""
    user = User.objects.filter(pk=user_id, email_verified_at=None, is_active=True).first()
    if user is not None:
        token = links.sign(links.VERIFY_EMAIL, {"user": user.pk, "email": user.email})
        mails.send("verify", to=user.email, user=user, path=reverse("accounts:verify", args=[token]))


@job(queue=Queue.MAIL, again_for=AGAIN)
def send_email_change(change_id: int, side: str) -> None:
    """Mails a link to the ``old`` or the ``new`` address of a change that waits."""
    change = EmailChange.objects.select_related("user").filter(pk=change_id).first()
    if change is not None:
        token = links.sign(links.CHANGE_EMAIL, {"change": change.pk, "side": side})
        to = change.user.email if side == "old" else change.email
        path = reverse("accounts:email_confirm", args=[token])
        mails.send(f"email_change_{side}", to=to, user=change.user, change=change, path=path)


@periodic(every=time(4, 7))
def clean_up() -> None:
    """Forgets sign-ins, sessions and API keys that are long over."""
    access.clean_up(timezone.now())
