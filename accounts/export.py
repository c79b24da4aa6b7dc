"""Everything kept about a person, as plain values, for themselves.

Accounts know no leagues: each app above registers what it keeps when it starts.
"""

from collections.abc import Callable
from typing import Any

from django.http import JsonResponse

from accounts.email_change import pending_email
from accounts.models import ApiKey, SignIn, User
from accounts.second_factor import is_on
from fantasy_f1.core.models import EventLog

Section = Callable[[User], Any]
"""The person → what is kept of them: lists and dictionaries of what JSON (Django's) can write."""
_sections: dict[str, Section] = {}


def register(name: str, section: Section) -> None:
    _sections[name] = section


def export(user: User) -> dict[str, Any]:
    """The sections by name, those of the account itself first."""
    return {
        "account": _account(user),
        "sign_ins": _sign_ins(user),
        "api_keys": _keys(user),
        "events": _events(user),
        **{name: section(user) for name, section in _sections.items()},
    }


def _account(user: User) -> dict[str, Any]:
    kept = ["id", "username", "email", "full_name", "time_zone", "is_active", "is_staff", "is_superuser"]
    moments = ["created_at", "updated_at", "last_login", "email_verified_at", "results_until"]
    return {
        **{name: getattr(user, name) for name in [*kept, *moments]},
        "pending_email": pending_email(user),
        "has_second_factor": is_on(user),
    }


def _sign_ins(user: User) -> list[dict[str, Any]]:
    fields = ["kind", "created_at", "last_used_at", "expires_at", "ended_at", "address", "user_agent"]
    return list(SignIn.objects.filter(user=user).order_by("pk").values(*fields))


def _keys(user: User) -> list[dict[str, Any]]:
    fields = ["name", "scope", "public_id", "created_at", "last_used_at", "expires_at", "ended_at"]
    return list(ApiKey.objects.filter(user=user).order_by("pk").values(*fields))


def _events(user: User) -> list[dict[str, Any]]:
    events = EventLog.objects.filter(actor=user).order_by("pk")
    return [dict(row) for row in events.values("topic", "name", "data", "created_at")]


def as_file(user: User) -> JsonResponse:
    """``export`` as a download."""
    return JsonResponse(
        export(user),
        json_dumps_params={"indent": 2, "ensure_ascii": False},
        headers={
            "Content-Disposition": f'attachment; filename="fantasy-f1-{user.username}.json"',
            "Cache-Control": "no-store",
        },
    )
