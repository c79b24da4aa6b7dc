"""The headers by which a receiver knows who posted, as in the Standard Webhooks (standardwebhooks.com)."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from notifications.webhooks.models import SECRET_PREFIX


def headers(*, message_id: str, body: bytes, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """One signature for each of the ``secrets``: who knows any of them can check the post. ``at`` is the real time."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join([message_id.encode(), timestamp.encode(), body])
    return {
        "Webhook-Id": message_id,
        "Webhook-Timestamp": timestamp,
        "Webhook-Signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    return b64encode(hmac.new(key, signed, sha256).digest()).decode()
