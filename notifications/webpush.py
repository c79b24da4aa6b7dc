"""Web push as the standards have it: the body that one browser alone can read (RFC 8291), and who sends it (RFC 8292).

Pure: nothing is sent here. The browsers' makers run the servers in between, and are to learn nothing.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from functools import cache
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
RECORD = 4096
"""Bytes of a body at most; 103 of them are not the text's."""
GOOD_FOR = timedelta(hours=12)


def encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Raises ``ValueError``."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def new_key() -> str:
    """A private key, as ``VAPID_PRIVATE_KEY`` takes it."""
    return encode(ec.generate_private_key(CURVE).private_numbers().private_value.to_bytes(32))


@cache
def _private(key: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decode(key)), CURVE)


def public_key(key: str) -> str:
    """What browsers are given when they subscribe, of the private ``key``."""
    return encode(_point(_private(key).public_key()))


def check_keys(*, p256dh: str, auth: str) -> None:
    """Raises ``ValueError`` for what cannot be the keys of a browser."""
    ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decode(p256dh))
    if len(decode(auth)) != 16:
        raise ValueError("not 16 bytes")


def encrypt(
    text: bytes,
    *,
    p256dh: str,
    auth: str,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The body for the browser with these keys. ``sender`` and ``salt`` are new ones each time, but for a test."""
    sender, salt = sender or ec.generate_private_key(CURVE), salt or secrets.token_bytes(16)
    receiver = decode(p256dh)
    shared = sender.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, receiver))
    own = _point(sender.public_key())
    secret = _derive(shared, salt=decode(auth), info=b"WebPush: info\0" + receiver + own, length=32)
    key = _derive(secret, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derive(secret, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    head = salt + RECORD.to_bytes(4) + len(own).to_bytes(1) + own
    return head + AESGCM(key).encrypt(nonce, text + b"\2", None)


def authorization(key: str, *, endpoint: str, contact: str, now: datetime) -> str:
    """The header that says who sends: ``contact`` is a ``mailto:`` or ``https:`` address."""
    to = urlsplit(endpoint)
    claims = {"aud": f"{to.scheme}://{to.netloc}", "exp": int((now + GOOD_FOR).timestamp()), "sub": contact}
    return f"vapid t={jwt.encode(claims, _private(key), algorithm='ES256')}, k={public_key(key)}"


def _derive(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
