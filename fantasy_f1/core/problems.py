"""One shape for every error of the API: RFC 9457 problem documents with a stable ``code``."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.renderers import PlainJSONRenderer

CONTENT_TYPE = "application/problem+json"
TITLES = {
    400: "The request is not valid",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Refused by a rule",
    412: "It was changed meanwhile",
    413: "The request is too large",
    415: "Unsupported media type",
    422: "The request cannot be taken as it is",
    429: "Too many requests",
    500: "Something went wrong on our side",
    503: "Not available at the moment",
}


def problem(status: int, *, code: str, detail: str, errors: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """The body of an error answer; ``errors`` maps field names to lists of messages."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "code": code,
    }
    if errors:
        body["errors"] = errors
    return body


def problem_response(status: int, *, code: str, detail: str) -> JsonResponse:
    """The same outside of DRF, for example for a path that no view answers."""
    return JsonResponse(problem(status, code=code, detail=detail), status=status, content_type=CONTENT_TYPE)


def refusal(error: DomainError) -> JsonResponse:
    """The answer to a refused rule outside of DRF."""
    return JsonResponse(_refused(error), status=error.status, content_type=CONTENT_TYPE, headers=dict(error.headers))


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal becomes a problem document; unknown errors stay exceptions (500)."""
    if isinstance(error, DomainError):
        response: Response | None = Response(_refused(error), status=error.status, headers=dict(error.headers))
    else:
        if isinstance(error, Http404):
            error = exceptions.NotFound()
        elif isinstance(error, PermissionDenied):
            error = exceptions.PermissionDenied()
        response = drf_exception_handler(error, context)
        if response is not None and isinstance(error, exceptions.APIException):
            response.data = _body(error, response.status_code)
    if response is not None:
        response.content_type = CONTENT_TYPE
        request: Request = context["request"]
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = _challenge(request, response.data["code"])
        # Also where what was asked for would be written in YAML.
        request.accepted_renderer, request.accepted_media_type = PlainJSONRenderer(), PlainJSONRenderer.media_type
    return response


def _challenge(request: Request, code: str) -> str:
    """How to be let in (RFC 6750); ``code`` where what was given for it did not do."""
    challenge = 'Bearer realm="Fantasy F1"'
    if "Authorization" in request.headers:
        challenge += f', error="invalid_token", error_description="{code}"'
    return challenge


def _refused(error: DomainError) -> dict[str, Any]:
    errors = {error.field: [error.message]} if error.field else None
    return problem(error.status, code=error.code, detail=error.message, errors=errors)


def _messages(detail: Any) -> list[str]:
    """All messages of a field in one list; those about items of a list come by position in dictionaries."""
    if isinstance(detail, dict):
        detail = list(detail.values())
    if isinstance(detail, list):
        return [message for each in detail for message in _messages(each)]
    return [str(detail)]


def _body(error: exceptions.APIException, status: int) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        detail = error.detail if isinstance(error.detail, dict) else {"non_field_errors": error.detail}
        errors = {str(field): _messages(messages) for field, messages in detail.items()}
        return problem(status, code="invalid", detail="Some fields are not valid.", errors=errors)
    codes = error.get_codes()
    return problem(status, code=codes if isinstance(codes, str) else error.default_code, detail=str(error.detail))


def of_status(request: HttpRequest, status: int) -> JsonResponse:
    """The problem where nothing but its status is known."""
    code, detail = {
        400: ("bad_request", "The request could not be understood."),
        403: ("permission_denied", "This may not be done here."),
        404: ("not_found", f"There is nothing at {request.path[:200]}."),
        405: ("method_not_allowed", f"{request.method} is not for this address."),
        413: ("payload_too_large", "The body is larger than what is taken here."),
        500: ("server_error", "The error was logged; please try again later."),
    }.get(status, ("error", TITLES.get(status, "Error")))
    return problem_response(status, code=code, detail=detail)
