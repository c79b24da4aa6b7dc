"""Tokens of the API: a short access token, and a refresh token that is good for one use.

One login begins a family, which is a ``SignIn``; each refresh gives the family its next pair. The row is the truth: a
family that was ended takes its access tokens with it. A refresh token that comes a second time was copied, or sent
twice; nobody can tell which, so that the family ends: programs must not refresh in two places at once.
"""

import uuid
from datetime import datetime
from typing import TypedDict

import jwt
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token, UntypedToken

from accounts import signins
from accounts.credentials import CredentialRefused, check, note_use
from accounts.models import SignIn, User
from accounts.signins import Origin


class TokenNotValid(CredentialRefused):
    """This is no token of ours, or it was changed on the way."""

    code = "token_not_valid"


class WrongAlgorithm(CredentialRefused):
    """Tokens are signed with HS256 here, and with nothing else."""

    code = "token_wrong_algorithm"


class WrongAudience(CredentialRefused):
    """This token was made for something else."""

    code = "token_wrong_audience"


class WrongType(CredentialRefused):
    """This is the access token; the refresh token is needed here."""

    code = "token_wrong_type"


class TokenExpired(CredentialRefused):
    """This token has expired."""

    code = "token_expired"


class NotYetValid(CredentialRefused):
    """This token is not valid yet."""

    code = "token_not_yet_valid"


class TokenRevoked(CredentialRefused):
    """This sign-in was ended. Log in again."""

    code = "token_revoked"


class TokenReused(CredentialRefused):
    """This refresh token was used before, so all its sign-in has ended. Log in again."""

    code = "token_reused"


NOT_VALID = TokenNotValid, "This is no token of ours, or it was changed on the way."
OTHERS = WrongAudience, "This token was made for something else."
REFUSALS: dict[type[BaseException], tuple[type[CredentialRefused], str]] = {
    jwt.InvalidAlgorithmError: (WrongAlgorithm, "Tokens are signed with HS256 here, and with nothing else."),
    jwt.ExpiredSignatureError: (TokenExpired, "This token has expired."),
    jwt.ImmatureSignatureError: (NotYetValid, "This token is not valid yet."),
    jwt.InvalidAudienceError: OTHERS,
    jwt.InvalidIssuerError: OTHERS,
    jwt.MissingRequiredClaimError: OTHERS,  # only audience and issuer are required
}


UNFIT = (TokenNotValid, WrongAlgorithm, WrongAudience, WrongType, TokenExpired, NotYetValid, TokenRevoked, TokenReused)
"""What can be told of a refresh token."""


class TokenPair(TypedDict):
    access: str
    refresh: str
    token_type: str
    expires_in: int


def issue(*, user: User, origin: Origin, now: datetime) -> TokenPair:
    """Begin a family → its first pair; ``expires_in`` counts the access token's seconds."""
    sign_in = signins.begin(
        user=user, kind=SignIn.Kind.TOKEN, key=_new_key(), origin=origin, lasts=RefreshToken.lifetime, now=now
    )
    return _pair(sign_in, now=now)


def rotate(refresh: str, *, now: datetime) -> TokenPair:
    """The family's next pair for its refresh token, which is used up by it.

    Raises a ``CredentialRefused``: ``TokenReused`` for a token used before, which ends the family; the loser of two
    simultaneous uses is one, too.
    """
    sign_in, used = _read(RefreshToken, refresh)
    _check(sign_in)
    sign_in.key = _new_key()
    is_first_use = SignIn.objects.filter(pk=sign_in.pk, key=used, ended_at=None).update(
        key=sign_in.key, last_used_at=now, expires_at=now + RefreshToken.lifetime
    )
    if not is_first_use:
        signins.end_family(sign_in, now=now)
        raise TokenReused("This refresh token was used before, so all its sign-in has ended. Log in again.")
    return _pair(sign_in, now=now)


def revoke(refresh: str, *, now: datetime) -> None:
    """End the family of a refresh token, access tokens included; also the second time.

    Raises a ``CredentialRefused`` for what is no refresh token that could be used.
    """
    sign_in, _ = _read(RefreshToken, refresh)
    signins.end_family(sign_in, now=now)


def authenticate(access: str, *, now: datetime) -> SignIn:
    """The sign-in, and with it the user, that an access token stands for; raises a ``CredentialRefused``."""
    sign_in, _ = _read(AccessToken, access)
    _check(sign_in)
    note_use(sign_in, now=now)
    return sign_in


def _read(kind: type[Token], text: str) -> tuple[SignIn, str]:
    """The family, with its user, and the id of a token that was made here, is of this ``kind`` and not expired."""
    try:
        token = UntypedToken(text)  # type: ignore[arg-type]  # the library takes the text, whatever it says
    except TokenError as error:
        raise _refusal(error) from error
    if token["token_type"] != kind.token_type:
        raise WrongType(f"This is the {token['token_type']} token; the {kind.token_type} token is needed here.")
    sign_in = SignIn.objects.select_related("user").filter(pk=token["sid"]).first()
    if sign_in is None:  # long over, or its account deleted
        raise _revoked()
    return sign_in, token["jti"]


def _refusal(error: TokenError) -> CredentialRefused:
    """What is wrong, as the library under the library says it."""
    reason: BaseException = error
    while reason.__cause__:
        reason = reason.__cause__
    refusal, message = REFUSALS.get(type(reason), NOT_VALID)
    return refusal(message)


def _check(sign_in: SignIn) -> None:
    check(sign_in)
    if sign_in.ended_at:
        raise _revoked()


def _revoked() -> TokenRevoked:
    return TokenRevoked("This sign-in was ended. Log in again.")


def _pair(sign_in: SignIn, *, now: datetime) -> TokenPair:
    return {
        "access": _signed(AccessToken(), sign_in, now=now),
        "refresh": _signed(RefreshToken(), sign_in, now=now, jti=sign_in.key),
        "token_type": "Bearer",
        "expires_in": int(AccessToken.lifetime.total_seconds()),
    }


def _signed(token: Token, sign_in: SignIn, *, now: datetime, jti: str | None = None) -> str:
    token.set_iat(at_time=now)
    token.set_exp(from_time=now)
    token["nbf"] = token["iat"]
    token["sub"] = str(sign_in.user_id)
    token["sid"] = sign_in.pk
    token["jti"] = jti or token["jti"]
    return str(token)


def _new_key() -> str:
    return uuid.uuid4().hex
