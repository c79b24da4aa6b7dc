"""How the API's description tells the ways to be let in."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from accounts.permissions import SignedInOnly


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": (
                "The access token of `auth/login`, good for 15 minutes; `auth/refresh` gives the next one. What is "
                "wrong with a token that is refused (401) is told by the code: `token_not_valid` (no token of ours, or "
                "changed on the way), `token_wrong_algorithm`, `token_wrong_audience`, `token_wrong_type`, "
                "`token_expired`, `token_not_yet_valid`, `token_revoked`, `token_reused`, `password_changed`, "
                "`account_closed`."
            ),
        }


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.authentication.KeyAuthentication"
    name = "apiKey"

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        takes_keys = not any(isinstance(each, SignedInOnly) for each in auto_schema.view.get_permissions())
        return [{self.name: []}] if takes_keys else []

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "ff1_<id>_<secret>",
            "description": (
                "A personal API key, for bots. One that may only read is refused elsewhere (403 `scope_missing`), and "
                "every one where the account itself is at stake (403 `key_not_allowed`). Codes of 401: "
                "`key_not_valid`, `key_expired`, `key_revoked`, `password_changed`, `account_closed`."
            ),
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "rest_framework.authentication.SessionAuthentication"
    name = "session"
    priority = 1  # before the library's own

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session of the pages. Whatever changes something needs `X-CSRFToken`, too.",
        }
