"""Request ids, a line for each request, no NUL characters, the API's limits, pages for the errors that rules raise."""

import re
import secrets
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme

from fantasy_f1.core import metrics, problems, ratelimit
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.http import is_api, vary_on_htmx, wants_part

log = structlog.get_logger("fantasy_f1.requests")
Handler = Callable[[HttpRequest], HttpResponse]
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class RequestIdMiddleware:
    """Gives each request an id (a well-formed ``X-Request-ID`` is kept), in every log line and in the answer."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _ID.fullmatch(given) else secrets.token_hex(8)
        request.request_id = request_id  # type: ignore[attr-defined]  # for what is logged later (``logs``)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class ObserveMiddleware:
    """Counts each request, and writes a line about it.

    The line names the view and not the address, which may hold a secret (a signed link, a calendar's token).
    """

    QUIET = ("health", "ready", "metrics", metrics.NONE)
    """Views that machines ask all the time, and static files: their lines are for LOG_LEVEL=DEBUG."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        view = request.resolver_match.view_name if request.resolver_match else metrics.NONE
        metrics.count(metrics.Answered(request.method or "", view, response.status_code, seconds))
        tell = log.debug if view in self.QUIET else log.info
        tell(
            "request",
            method=request.method,
            view=view,
            status=response.status_code,
            ms=round(seconds * 1000),
            user=_user_id(request),
        )
        return response


def _user_id(request: HttpRequest) -> int | None:
    """Who asked, as far as the request has found out by itself."""
    user = getattr(request, "_cached_user", None) or getattr(request, "user", None)
    return None if user is None or isinstance(user, SimpleLazyObject) else user.pk


class CompressMiddleware(GZipMiddleware):
    """Compresses pages, answers of the API, and static files that come straight from their sources.

    Such files go by their date then: WhiteNoise would not know its own ETag in the weak one of a compressed answer.
    What nobody may keep at ``/api`` holds secrets (tokens, keys): it stays as it is, so that its length tells nothing.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code in (HTTPStatus.NO_CONTENT, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_MODIFIED):
            return response
        if is_api(request) and "no-store" in response.get("Cache-Control", ""):
            return response
        if response.streaming and not response.has_header("Content-Encoding"):
            del response["ETag"]
        return super().process_response(request, response)


class NoNulMiddleware:
    """Refuses (400) an address or a cookie with a NUL character, which PostgreSQL cannot take as text.

    Bodies need nothing here: fields of forms and serializers refuse it by themselves.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        decoded = [request.path_info, *request.COOKIES.values()]
        if "%00" in request.META.get("QUERY_STRING", "") or any("\0" in text for text in decoded):
            raise BadRequest("NUL character")
        return self.get_response(request)


class RateLimitMiddleware:
    """Counts what pages send, and what never came to a view of the API, such as a false token or a wrong address.

    The answers of the API tell the limits. Pages are read without.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        if is_api(request) or request.method in ratelimit.SAFE:
            return None
        try:
            ratelimit.limit_request(request)
        except ratelimit.RateLimited as error:
            return _refusal(request, error)
        return None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not is_api(request):
            return response
        try:
            ratelimit.limit_request(request)
        except ratelimit.RateLimited as error:
            response = problems.refusal(error)
        for name, value in ratelimit.headers(request).items():
            response[name] = value
        return response


class DomainErrorMiddleware:
    """Shows a refused rule to a person, where the view has not done so itself.

    A plain form post goes back to the page it came from with the message on it; HTMX gets the message alone, for the
    place of messages, and reads get the error page, both with the rule's own status. The API has its own handler
    (``problems``). An address that does not take the request's method gets a page, too.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not is_api(request):
            response.content = render(request, "405.html").content
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        back = request.headers.get("Referer", "")
        if (
            request.method == "POST"
            and not wants_part(request)
            and url_has_allowed_host_and_scheme(back, {request.get_host()})
        ):
            messages.error(request, error.message)
            return HttpResponseRedirect(back)
        return _refusal(request, error)


def _refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    htmx = wants_part(request)
    response = render(request, "_notice.html" if htmx else "error.html", {"error": error}, status=error.status)
    for name, value in error.headers.items():
        response[name] = value
    if htmx:  # beside the fragment that was asked for, not in its place
        response["HX-Retarget"], response["HX-Reswap"] = "#messages", "innerHTML"
    return vary_on_htmx(response)
