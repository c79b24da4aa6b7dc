"""What holds for every answer at ``/api`` and below, whoever gave it."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from fantasy_f1.core import conditional, intake, problems
from fantasy_f1.core.http import View, is_api
from fantasy_f1.core.middleware import Handler

READS = ("GET", "HEAD")
VARIES_BY = ["Accept-Encoding", "Authorization", "Cookie"]
PRIVATE, NOT_KEPT = "private, no-cache", "no-store"


class ApiMiddleware:
    """Makes the API answer as HTTP wants it, in one place.

    - An error is a problem document, also where Django would show a page, and with DEBUG on its traceback.
    - A read has a tag, and is answered 304 to who names it. Caches are told that it is the asker's own and to be asked
      for again each time; a view may say otherwise by its own ``Cache-Control``. Nobody keeps anything else.
    - OPTIONS tells the methods of an address to anybody, and nothing else.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_api(request):
            return self.get_response(request)
        response = _refused_body(request) or self.get_response(request)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            return _as_problem(request, response)
        patch_vary_headers(response, VARIES_BY)
        is_read = request.method in READS and response.status_code == HTTPStatus.OK
        response.headers.setdefault("Cache-Control", PRIVATE if is_read else NOT_KEPT)
        if response.status_code == HTTPStatus.NO_CONTENT:
            _empty(response)
        if is_read and not response.streaming and NOT_KEPT not in response["Cache-Control"]:
            _tag(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: View, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        operations = getattr(view, "cls", None)
        if request.method != "OPTIONS" or not is_api(request) or operations is None:
            return None
        names = operations.http_method_names
        allowed = sorted(name.upper() for name in names if hasattr(operations, "get" if name == "head" else name))
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"Allow": ", ".join(allowed)})


def _refused_body(request: HttpRequest) -> HttpResponse | None:
    """The refusal of a body by its announced length, before anything reads it."""
    length = intake.length(request.META.get("CONTENT_LENGTH", ""))
    if length is None:
        return problems.of_status(request, 400)
    return problems.of_status(request, 413) if length > intake.limit() else None


def _as_problem(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if response.get("Content-Type") != problems.CONTENT_TYPE:
        page, response = response, problems.of_status(request, response.status_code)
        if page.has_header("Allow"):
            response["Allow"] = page["Allow"]
    response["Cache-Control"] = NOT_KEPT
    response["Content-Length"] = len(response.content)
    return response


def _tag(request: HttpRequest, response: HttpResponse) -> None:
    response["ETag"] = conditional.tag(response.content)
    if conditional.names(request.headers.get("If-None-Match", ""), response["ETag"]):
        response.status_code = HTTPStatus.NOT_MODIFIED
        _empty(response)


def _empty(response: HttpResponse) -> None:
    """Without a body, and without the headers about one."""
    response.content = b""
    for name in ("Content-Type", "Content-Length"):
        del response[name]
