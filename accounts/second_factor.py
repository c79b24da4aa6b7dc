"""The optional second factor: codes of an authenticator app (TOTP), and recovery codes for when it is lost.

``now`` is always the real time: the codes follow the clock of the person's phone.
"""

import secrets
from datetime import datetime
from hmac import compare_digest
from http import HTTPStatus

import pyotp
import segno
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.safestring import SafeString, mark_safe

from accounts.models import RecoveryCode, SecondFactor, User
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.ratelimit import limit_proof

ISSUER = "Fantasy F1"
STEP = 30
"""Seconds that a code stands for; those of the step before and after are taken, too."""
RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class OtpRefused(DomainError):
    status: int = HTTPStatus.BAD_REQUEST

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message, field="otp")
        self.status = status


class OtpRequired(OtpRefused):
    """Give the code of your authenticator app, or a recovery code."""

    code = "otp_required"


class OtpWrong(OtpRefused):
    """This code is not right, not due any more, or was used already."""

    code = "otp_wrong"


class SecondFactorOn(DomainError):
    """The second factor is on already."""

    code = "second_factor_on"


class SecondFactorOff(DomainError):
    """Set the second factor up first."""

    code = "second_factor_off"


def is_on(user: User) -> bool:
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists()


def begin(*, user: User) -> SecondFactor:
    """A new secret, in use once ``confirm`` has seen a code of it. Raises ``SecondFactorOn``.

    The caller has asked for the password.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if is_on(user):
            raise SecondFactorOn("The second factor is on already.")
        SecondFactor.objects.filter(user=user).delete()
        return SecondFactor.objects.create(user=user, secret=pyotp.random_base32())


def confirm(*, user: User, otp: str, now: datetime) -> list[str]:
    """Switch it on with the first code → recovery codes, which only the person has from now on.

    Raises ``SecondFactorOff`` before ``begin``, ``SecondFactorOn`` the second time, ``OtpWrong``.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        factor = SecondFactor.objects.filter(user=user).first()
        if factor is None:
            raise SecondFactorOff("Set the second factor up first.")
        if factor.confirmed_at is not None:
            raise SecondFactorOn("The second factor is on already.")
        if not _use_code(factor, otp, now):
            raise _wrong()
        SecondFactor.objects.filter(pk=factor.pk).update(confirmed_at=now)
        codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
        RecoveryCode.objects.filter(user=user).delete()
        RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in codes)
    return codes


def demand(user: User, otp: str, *, now: datetime, status: int = HTTPStatus.BAD_REQUEST) -> None:
    """Let pass whoever has a code that is due, or a recovery code, none of them twice; and all while it is off.

    Raises ``OtpRequired``, ``OtpWrong`` with ``status``, which is another one where somebody signs in, ``RateLimited``.
    """
    factor = SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).first()
    if factor is None:
        return
    if not otp.strip():
        raise OtpRequired("Give the code of your authenticator app, or a recovery code.", status)
    limit_proof(user_id=user.pk)
    if not _use_code(factor, otp, now) and not _use_recovery_code(user, otp):
        raise _wrong(status)


def switch_off(*, user: User) -> None:
    """Back to the password alone. Safe to repeat. The caller has made sure that it is the owner, or is the host."""
    with transaction.atomic():
        SecondFactor.objects.filter(user=user).delete()
        RecoveryCode.objects.filter(user=user).delete()


def uri(factor: SecondFactor) -> str:
    """What authenticator apps read, as a link or as a picture."""
    return pyotp.TOTP(factor.secret).provisioning_uri(name=factor.user.username, issuer_name=ISSUER)


def picture(factor: SecondFactor) -> SafeString:
    """``uri`` as a QR code: an SVG element without scripts and styles, made of our own values alone."""
    return mark_safe(segno.make(uri(factor), error="m").svg_inline(scale=5, light="#fff"))  # noqa: S308


def _use_code(factor: SecondFactor, otp: str, now: datetime) -> bool:
    """Whether ``otp`` is due and was not used before; of two simultaneous uses one wins."""
    given = "".join(otp.split())
    if not (given.isascii() and given.isdecimal()):
        return False
    current = int(now.timestamp()) // STEP
    generator = pyotp.TOTP(factor.secret)
    due = [step for step in (current - 1, current, current + 1) if compare_digest(generator.generate_otp(step), given)]
    unused = SecondFactor.objects.filter(pk=factor.pk)
    return any(unused.filter(last_step__lt=step).update(last_step=step) for step in due)


def _use_recovery_code(user: User, code: str) -> bool:
    used, _ = RecoveryCode.objects.filter(user=user, digest=_digest(code)).delete()
    return bool(used)


def _new_recovery_code() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(10))
    return f"{letters[:5]}-{letters[5:]}"


def _digest(code: str) -> str:
    """Keyed, so that the table alone is of no use; the codes are too long to be guessed, and need no slow hash."""
    plain = "".join(code.split()).replace("-", "").lower()
    return salted_hmac("accounts.recovery-code", plain, algorithm="sha256").hexdigest()


def _wrong(status: int = HTTPStatus.BAD_REQUEST) -> OtpWrong:
    return OtpWrong("This code is not right, not due any more, or was used already.", status)
