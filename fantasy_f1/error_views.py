"""Answers where no view gave one: a page for people, a problem document at ``/api`` and below."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

from fantasy_f1.core import problems
from fantasy_f1.core.http import is_api


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    status = 413 if isinstance(exception, RequestDataTooBig) else 400
    if is_api(request):
        return problems.of_status(request, status)
    if status == 413:
        return HttpResponse(loader.get_template("413.html").render(), status=413)
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problems.of_status(request, 404) if is_api(request) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return problems.of_status(request, 500) if is_api(request) else defaults.server_error(request)
