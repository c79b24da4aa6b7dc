"""Answers where no view gave one: a page for people, a problem document at ``/api`` and below."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

from fantasy_f1.core import problems
from fantasy_f1.core.http import is_api
from fantasy_f1.core.parsers import PayloadTooLarge


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return _too_large(request)
    if is_api(request):
        return problems.problem_response(400, code="bad_request", detail="The request could not be understood.")
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return problems.not_found(request)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if is_api(request):
        return problems.server_error()
    return defaults.server_error(request)


def _too_large(request: HttpRequest) -> HttpResponse:
    if is_api(request):
        return problems.problem_response(413, code=PayloadTooLarge.default_code, detail=PayloadTooLarge.default_detail)
    return HttpResponse(loader.get_template("413.html").render(), status=413)
