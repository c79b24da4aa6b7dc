"""Tokens of the API: a short access token, and a refresh token that is good for one use."""

from typing import TypedDict, TypeVar, cast

from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token, UntypedToken
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.models import User
from fantasy_f1.core.errors import DomainError

TokenKind = TypeVar("TokenKind", bound=Token)


class TokenNotValid(DomainError):
    """This refresh token is not valid (any more). Log in again."""

    code = "token_not_valid"
    status = 401


class TokenPair(TypedDict):
    access: str
    refresh: str
    token_type: str
    expires_in: int


def issue(user: User) -> TokenPair:
    """A new pair; ``expires_in`` counts the access token's seconds."""
    refresh = RefreshToken.for_user(user)
    return {
        "access": str(refresh.access_token),
        "refresh": str(refresh),
        "token_type": "Bearer",
        "expires_in": int(AccessToken.lifetime.total_seconds()),
    }


def rotate(refresh: str) -> TokenPair:
    """A new pair for a refresh token, which is used up by it.

    Raises ``TokenNotValid`` for a token that is false, expired or used, and where the account was closed or its
    password changed since.
    """
    try:
        token = _read(RefreshToken, refresh)
    except TokenError as error:
        raise _refusal() from error
    user = User.objects.filter(pk=token[api_settings.USER_ID_CLAIM], is_active=True).first()
    if user is None or token.get(api_settings.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(user.password):
        raise _refusal()
    _, is_first_use = cast(tuple[BlacklistedToken, bool], token.blacklist())  # of two simultaneous uses, one
    if not is_first_use:
        raise _refusal()
    return issue(user)


def revoke(refresh: str) -> None:
    """Make a refresh token useless, also the second time; raises ``TokenNotValid`` for what never was one."""
    try:
        if _read(UntypedToken, refresh)[api_settings.TOKEN_TYPE_CLAIM] != RefreshToken.token_type:
            raise _refusal()
    except TokenError as error:
        raise _refusal() from error
    try:
        _read(RefreshToken, refresh).blacklist()
    except TokenError:
        return  # already revoked


def _read(kind: type[TokenKind], text: str) -> TokenKind:
    return kind(text)  # type: ignore[arg-type]  # the library takes the text, whatever its annotation says


def _refusal() -> TokenNotValid:
    return TokenNotValid("This refresh token is not valid (any more). Log in again.", field="refresh")
