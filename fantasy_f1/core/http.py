"""Requests as views see them, for type annotations."""

from typing import TYPE_CHECKING, cast

from django.http import HttpRequest
from rest_framework.request import Request

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from accounts.models import User


class PageRequest(HttpRequest):
    """Any request, after the middleware."""

    htmx: "HtmxDetails"


class UserRequest(PageRequest):
    """A request behind ``login_required``."""

    user: "User"


def account_of(request: Request) -> "User":
    """The account that asks, in an operation of the API that needs one."""
    return cast("User", request.user)
