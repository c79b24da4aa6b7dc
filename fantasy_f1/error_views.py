"""Answers where no view gave one: a page for people, a problem document below ``/api/``."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from fantasy_f1.core import problems

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API):
        return problems.problem_response(400, code="bad_request", detail="The request could not be understood.")
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API):
        return problems.not_found(request)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(API):
        return problems.server_error()
    return defaults.server_error(request)
