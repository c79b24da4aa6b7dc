"""Requests as views see them, and the answers that HTMX and browsers share an address for."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_POST
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from fantasy_f1.core.spoilers import results_until

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from accounts.models import User


View = Callable[..., HttpResponse]


def for_all(view: View) -> View:
    """Decorates a read of the API that is the same for everybody: any cache may answer with it for a minute.

    Not for who has a spoiler shield: their answers are their own.
    """

    @wraps(view)
    def cached(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if results_until(request.user) is None:
            patch_cache_control(response, public=True, max_age=60)
        return response

    return cached


class PageRequest(HttpRequest):
    """Any request, after the middleware."""

    htmx: "HtmxDetails"


class UserRequest(PageRequest):
    """A request behind ``login_required``."""

    user: "User"


def is_api(request: HttpRequest) -> bool:
    """Whether programs ask: at ``/api`` and below, however many slashes come first."""
    return request.path.lstrip("/").partition("/")[0] == "api"


def created(data: Any, *, at: str, args: Sequence[Any] = ()) -> Response:
    """201 with what was made, and in ``Location`` its path: that of the route named ``at``."""
    return Response(data, status=status.HTTP_201_CREATED, headers={"Location": reverse(at, args=args)})


def account_of(request: Request) -> "User":
    """The account that asks, in an operation of the API that needs one."""
    return cast("User", request.user)


def post_only(page: str, *names: str) -> Callable[[View], View]:
    """For actions: whoever comes by a link, as from the login after a lost session, goes to the page it belongs to.

    ``names`` are the view's arguments that the address of ``page`` takes.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method in ("GET", "HEAD"):
                return redirect(page, *(kwargs[name] for name in names))
            return require_POST(view)(request, *args, **kwargs)

        return guarded

    return decorate


def wants_part(request: HttpRequest) -> bool:
    """Whether HTMX asks for a part of the page; going back in the history, or to replace ``main``, it asks for all."""
    headers = request.headers
    wants_all = headers.get("HX-History-Restore-Request") or headers.get("HX-Target") == "main"
    return bool(headers.get("HX-Request")) and not wants_all


def vary_on_htmx(response: HttpResponse) -> HttpResponse:
    """Keeps a browser from taking the part of a page, out of its cache, for the page."""
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request", "HX-Target"])
    return response


def render_page(
    request: HttpRequest, page: str, part: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The page, or the ``part`` of it that HTMX asks for; templates tell them apart by ``is_part``."""
    is_part = wants_part(request)
    template = f"{page}#{part}" if is_part else page
    return vary_on_htmx(render(request, template, {**context, "is_part": is_part}, status=status))
