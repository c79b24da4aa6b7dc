"""Personal API keys, ``ff1_<public id>_<secret>``: for bots, which cannot log in and should not know a password.

A key lives until it expires, is revoked, its owner changes the password or closes the account. The secret is 256 random
bits, so that one round of SHA-256 keeps it. All times here are real, never the game's.
"""

import re
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet

from accounts.credentials import CredentialRefused, check, note_use
from accounts.models import ApiKey, User
from fantasy_f1.core.errors import DomainError, Invalid
from fantasy_f1.core.names import check_name

KEY = re.compile(rf"{ApiKey.PREFIX}([0-9a-f]{{12}})_([0-9a-f]{{64}})")
MAX_KEYS = 20
"""That can be used, for each account."""
LONGEST = timedelta(days=3653)


class KeyNotValid(CredentialRefused):
    code = "key_not_valid"


class KeyRevoked(CredentialRefused):
    code = "key_revoked"


class KeyExpired(CredentialRefused):
    code = "key_expired"


class TooManyKeys(DomainError):
    """You have 20 keys, which is the most. Revoke one that is not used any more."""

    code = "too_many_keys"


class NoSuchKey(DomainError):
    code = "not_found"
    status = 404


def make(*, user: User, name: str, scope: str, expires_at: datetime | None = None, now: datetime) -> tuple[ApiKey, str]:
    """A new key of ``user``, and its text, which is told nowhere else.

    Raises ``Invalid`` (naming the field) or ``TooManyKeys``.
    """
    name = name.strip()
    check_name(name, field="name")
    if expires_at and not now < expires_at <= now + LONGEST:
        raise Invalid("Give a moment to come, in ten years at most, or none at all.", field="expires_at")
    public_id, secret = secrets.token_hex(6), secrets.token_hex(32)
    with transaction.atomic():
        owner = User.objects.select_for_update().get(pk=user.pk)
        if ApiKey.objects.of(owner).open(now).count() >= MAX_KEYS:
            raise TooManyKeys(f"You have {MAX_KEYS} keys, which is the most. Revoke one that is not used any more.")
        key = ApiKey.objects.create(
            user=owner,
            password_stamp=owner.get_session_auth_hash(),
            created_at=now,
            expires_at=expires_at,
            name=name,
            scope=scope,
            public_id=public_id,
            secret_hash=_hash(secret),
        )
    return key, f"{key.prefix}_{secret}"


def of(user: User) -> QuerySet[ApiKey]:
    """The keys that ``user`` did not revoke, expired ones included, the latest first."""
    return ApiKey.objects.of(user).filter(ended_at=None)


def revoke(*, user: User, pk: int, now: datetime) -> None:
    """Raises ``NoSuchKey`` for one that was revoked before, or is another's."""
    if not of(user).filter(pk=pk).update(ended_at=now):
        raise NoSuchKey("This key is revoked already.")


def revoke_all(*, user: User, now: datetime) -> int:
    """Revoke every key of ``user`` → how many that were."""
    return ApiKey.objects.filter(user=user, ended_at=None).update(ended_at=now)


def authenticate(text: str, *, now: datetime) -> ApiKey:
    """The key, and with it the user, that ``text`` stands for; raises a ``CredentialRefused``."""
    given = KEY.fullmatch(text)
    key = given and ApiKey.objects.select_related("user").filter(public_id=given[1]).first()
    if not given or not key or not secrets.compare_digest(_hash(given[2]), key.secret_hash):
        raise KeyNotValid("There is no such API key.")
    check(key)
    if key.ended_at:
        raise KeyRevoked("This API key was revoked.")
    if key.expires_at and key.expires_at <= now:
        raise KeyExpired("This API key has expired.")
    note_use(key, now=now)
    return key


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
