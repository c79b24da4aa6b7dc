"""Who may use an operation of the API."""

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import ApiKey
from fantasy_f1.core.errors import DomainError


class KeyNotAllowed(DomainError):
    """API keys cannot do this: sign in."""

    code = "key_not_allowed"
    status = 403


class SignedInOnly(IsAuthenticated):
    """People who signed in, and no API key: for all by which an account could be taken over or lost.

    Refuses a key with 403 ``key_not_allowed``, whatever its scope.
    """

    message = "API keys cannot do this: sign in."
    code = KeyNotAllowed.code
    refusals = (KeyNotAllowed,)

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and not isinstance(request.auth, ApiKey)
