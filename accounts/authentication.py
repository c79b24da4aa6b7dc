"""Who asks the API: ``Authorization: Bearer`` with an access token or an API key. (The session is DRF's own.)

``request.auth`` is the ``SignIn`` or the ``ApiKey``, each read together with its user in one query.
"""

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts import keys, tokens
from accounts.credentials import CredentialRefused
from accounts.models import ApiKey, SignIn, User
from fantasy_f1.core.errors import DomainError


class ScopeMissing(DomainError):
    """This API key may only read."""

    code = "scope_missing"
    status = 403


def bearer(request: Request) -> str | None:
    """What is given as bearer, where that is how the request wants to be let in."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, SignIn] | None:
        text = bearer(request)
        if text is None or text.startswith(ApiKey.PREFIX):
            return None
        try:
            sign_in = tokens.authenticate(text, now=timezone.now())
        except CredentialRefused as error:
            raise AuthenticationFailed(error.message, error.code) from error
        return sign_in.user, sign_in

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class KeyAuthentication(BaseAuthentication):
    """Lets a key that may only read do nothing else (403 ``scope_missing``)."""

    refusals = (ScopeMissing,)

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        text = bearer(request)
        if text is None or not text.startswith(ApiKey.PREFIX):
            return None
        try:
            key = keys.authenticate(text, now=timezone.now())
        except CredentialRefused as error:
            raise AuthenticationFailed(error.message, error.code) from error
        if key.scope == ApiKey.Scope.READ and request.method not in SAFE_METHODS:
            raise PermissionDenied("This API key may only read.", ScopeMissing.code)
        return key.user, key
