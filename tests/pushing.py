"""A browser that gets pushes, as far as a server in between and its keys go: it reads what only it can read."""

import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from notifications.webpush import CURVE, _point, decode, encode
from tests.receiver import Got


class PushedTo:
    def __init__(self, private: str | None = None, auth: bytes = b"sixteen  letters") -> None:
        self._private = (
            ec.derive_private_key(int.from_bytes(decode(private)), CURVE) if private else ec.generate_private_key(CURVE)
        )
        self._auth = auth

    @property
    def keys(self) -> dict[str, str]:
        return {"p256dh": encode(_point(self._private.public_key())), "auth": encode(self._auth)}

    def read(self, got: Got) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.decrypt(got.body))
        return found

    def decrypt(self, body: bytes) -> bytes:
        """By RFC 8188 and RFC 8291, from the receiver's side."""
        salt, size, point = body[:16], int.from_bytes(body[16:20]), body[21 : 21 + body[20]]
        sender = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
        shared = self._private.exchange(ec.ECDH(), sender)
        info = b"WebPush: info\0" + decode(self.keys["p256dh"]) + point
        secret = HKDF(SHA256(), 32, self._auth, info).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
        record = body[21 + body[20] :]
        assert len(body) <= size
        text = AESGCM(key).decrypt(nonce, record, None)
        assert text.endswith(b"\2")
        return text[:-1]


def sender_of(got: Got, *, audience: str) -> tuple[str, dict[str, Any]]:
    """The public key of who sent it, and what they claim, once their signature was checked."""
    scheme, _, fields = got.headers["Authorization"].partition(" ")
    assert scheme == "vapid"
    given = dict(field.strip().split("=", 1) for field in fields.split(","))
    key: Any = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decode(given["k"]))
    claims: dict[str, Any] = jwt.decode(given["t"], key, algorithms=["ES256"], audience=audience)
    return given["k"], claims
