"""Shows every page in the viewer's time zone, and remembers when a browser was last used."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import signins
from accounts.zones import time_zones
from fantasy_f1.core.http import is_api

COOKIE = "time_zone"


class TimeZoneMiddleware:
    """The account's zone; for visitors the browser's own, which a script leaves in a cookie; else UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_api(request):  # tells all times in UTC
            return self.get_response(request)
        name = request.user.time_zone if request.user.is_authenticated else request.COOKIES.get(COOKIE, "UTC")
        with timezone.override(name if name in time_zones() else "UTC"):
            return self.get_response(request)


class LastUseMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.session.accessed:  # else it was not read, and need not be
            signins.note_use_of_session(request.session, now=timezone.now())
        return response
