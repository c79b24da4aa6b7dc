"""What every app's API describes in the same way: problem documents, exact numbers, and what HTTP adds."""

from decimal import Decimal
from http import HTTPStatus
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiExample, OpenApiResponse, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS

from fantasy_f1.core import examples, idempotency, numbers
from fantasy_f1.core.conditional import PreconditionFailed
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.problems import CONTENT_TYPE, TITLES, problem
from fantasy_f1.core.ratelimit import RateLimited
from fantasy_f1.core.serializers import StrictSerializer
from fantasy_f1.core.spoilers import SPOILERS

NO_NUL = r"^[^\u0000]*$"
"""Nowhere may a text have one: databases do not take it."""
NOT_BLANK = r"^[^\u0000]*[^\s\u0000\u001c-\u001f\u0085][^\u0000]*$"
"""Something is left of it without blanks. What is named besides ``\\s`` is blank to Python, and not to everybody."""
REFUSALS = {
    400: ("invalid", "Some fields are not valid."),
    401: ("not_authenticated", "Authentication credentials were not provided."),
    404: ("not_found", "Not found."),
    406: ("not_acceptable", "Could not satisfy the request Accept header."),
    412: (PreconditionFailed.code, "It was changed since you read it."),
    413: ("payload_too_large", "The body is larger than what is taken here."),
    415: ("unsupported_media_type", "Unsupported media type “text/plain” in request."),
    422: (idempotency.KeyReused.code, "This Idempotency-Key was used for another request."),
    429: (RateLimited.code, "That was too often in a short time. Try again in 12 seconds."),
}
"""What is told with a status wherever it is answered: code and detail."""
MALFORMED = (400, "parse_error", "JSON parse error - Expecting value: line 1 column 1 (char 0)")
NO_FILTERS = {"page", "page_size", SPOILERS.name}


class Problem(serializers.Serializer[dict[str, Any]]):
    """An error answer (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable, for programs")
    errors = serializers.DictField(  # type: ignore[assignment]  # a field here, a property of bound serializers
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text="Messages by field"
    )


Refusal = int | type[DomainError] | tuple[int, str, str]


def problems(*refusals: Refusal) -> dict[tuple[int, str], OpenApiResponse]:
    """The error answers of an operation, for ``extend_schema(responses={200: …, **problems(400, 404, LeagueFull)})``.

    Each refusal adds its code and an example to its status: a status alone stands for what is told with it everywhere,
    an error of a rule says its docstring, and what is raised out of reach is given as status, code and detail.
    """
    examples: dict[int, dict[str, str]] = {}
    for refusal in refusals:
        status, code, detail = _told(refusal)
        examples.setdefault(status, {})[code] = detail
    return {
        (status, CONTENT_TYPE): OpenApiResponse(
            Problem,
            description=f"{TITLES[status]}: {', '.join(f'`{code}`' for code in details)}",
            examples=[
                OpenApiExample(code, value=problem(status, code=code, detail=detail))
                for code, detail in details.items()
            ],
        )
        for status, details in examples.items()
    }


def _told(refusal: Refusal) -> tuple[int, str, str]:
    if isinstance(refusal, tuple):
        return refusal
    if isinstance(refusal, int):
        return refusal, *REFUSALS[refusal]
    return refusal.status, refusal.code, refusal.__doc__ or ""


class OperationSchema(AutoSchema):
    """Adds what follows from what an operation is and takes, so that each one says only what is its own."""

    def get_summary(self) -> str | None:
        """The first sentence of the description, where there is no other."""
        return self.get_description().split("\n\n")[0].partition(". ")[0].replace("\n", " ").removesuffix(".") or None

    def _get_serializer_name(self, serializer: Any, direction: Direction, bypass_extensions: bool = False) -> str:
        """Without the ending that tells requests from answers: ours are named for it."""
        name: str = super()._get_serializer_name(serializer, direction, bypass_extensions)
        return name.removesuffix("Request") if name.endswith("InRequest") else name

    def _map_basic_serializer(self, serializer: Any, direction: Direction) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        for name, value in examples.said(serializer).items():
            schema["properties"][name]["examples"] = [value]
        if direction == "response" and isinstance(serializer, serializers.ModelSerializer):
            schema["required"] = list(schema["properties"])  # an answer has all, whatever a form could leave out
        if isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
            for name, field in serializer.fields.items():
                if isinstance(field, serializers.CharField):
                    pattern = NOT_BLANK if field.trim_whitespace and not field.allow_blank else NO_NUL
                    schema["properties"][name].setdefault("pattern", pattern)
        return schema

    def _get_parameters(self) -> list[dict[str, Any]]:
        """A filter of a list that is left empty filters nothing; none of several values may be empty."""
        parameters: list[dict[str, Any]] = super()._get_parameters()
        longest = _longest(self.view)
        for parameter in parameters if self._is_list_view() else ():
            if parameter["in"] != "query" or parameter["name"] in NO_FILTERS:
                continue
            schema = parameter["schema"]
            if schema.get("type") != "array":
                parameter["allowEmptyValue"] = True
            if schema.get("type") == "string" and not {"enum", "format"} & set(schema):
                schema["pattern"] = NO_NUL
            if parameter["name"] in longest:
                schema["maxLength"] = longest[parameter["name"]]
        return parameters

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for (status, media_type), answer in problems(*self._common_refusals()).items():
            common = self._get_response_for_code(answer, str(status), (media_type,), direction)
            own = bodies.setdefault(str(status), common)
            if own is not common:
                _add_refusals(own, common)
        for status_text, body in bodies.items():
            body["description"] = body["description"] or HTTPStatus(int(status_text)).phrase
        return dict(sorted(bodies.items()))

    def _common_refusals(self) -> list[Refusal]:
        """By what is sent and who is let in: ``refusals`` of permissions and, for changes, of authentications."""
        takes_body = self.method in ("POST", "PUT", "PATCH") and self.get_request_serializer() is not None
        refusals: list[Refusal] = [406, 429]
        gates: list[Any] = [*self.view.get_permissions()]
        if self.view.get_authenticators():
            refusals.append(401)
            gates += [] if self.method in SAFE_METHODS else self.view.get_authenticators()
        for gate in gates:
            refusals += getattr(gate, "refusals", ())
        if self._is_list_view():
            refusals += [400, 404]  # parameters that cannot be, a page that is not there
        return [*refusals, MALFORMED, 413, 415] if takes_body else refusals

    def _get_request_for_media_type(self, serializer: Any, direction: Direction = "request") -> Any:
        """A body of PATCH is partial only where its serializer says so; the base takes all of them for that."""
        method, self.method = self.method, "PUT" if self.method == "PATCH" else self.method
        try:
            return super()._get_request_for_media_type(serializer, direction)
        finally:
            self.method = method


def _longest(view: Any) -> dict[str, int]:
    """How long the texts may be that a list takes as parameters."""
    filters = getattr(getattr(view, "filterset_class", None), "base_filters", {})
    fields = getattr(getattr(view, "filter_form", None), "base_fields", {})
    lengths = {name: each.extra.get("max_length") for name, each in filters.items()}
    lengths |= {name: getattr(each, "max_length", None) for name, each in fields.items()}
    return {name: length for name, length in lengths.items() if length}


def _add_refusals(body: dict[str, Any], more: dict[str, Any]) -> None:
    examples = body["content"][CONTENT_TYPE]["examples"]
    missing = {name: each for name, each in more["content"][CONTENT_TYPE]["examples"].items() if name not in examples}
    examples |= missing
    body["description"] = ", ".join([body["description"], *(f"`{each['value']['code']}`" for each in missing.values())])


PARAMETERS = {
    "If-None-Match": "The `ETag` of an earlier answer: 304 without a body while it would be the same again.",
    "If-Match": "The `ETag` of what was read before the change: 412 where it has become another since.",
    "Idempotency-Key": "Any text of one's own for this one request: sent again within a day, it is answered again and "
    "not done twice. 422 for another request. A refusal is not kept: its key may be used again.",
}
HEADERS = {
    "Cache-Control": "Who may keep the answer, and for how long",
    "ETag": "Names what was read, for If-None-Match and If-Match; with or without `W/` it is the same",
    "Idempotent-Replayed": "`true`: the answer to an earlier request with this Idempotency-Key",
    "Location": "The path of what was made",
    "WWW-Authenticate": "How to sign in",
    "RateLimit-Limit": "Requests that the scarcest bucket of this one holds",
    "RateLimit-Remaining": "Those that are left in it",
    "RateLimit-Reset": "Seconds until it is full again",
    "Retry-After": "Seconds to wait before the next request",
    "X-Request-ID": "Names the request in the server's log; a well-formed one of the request is kept",
}
EVERYWHERE = ("X-Request-ID", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def describe_http(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: headers and answers that follow from an operation's method and its statuses.

    Who names 412 takes ``If-Match``, who names 422 takes ``Idempotency-Key``.
    """
    text = {"schema": {"type": "string"}}
    given = {name: {"name": name, "in": "header", "description": what, **text} for name, what in PARAMETERS.items()}
    given["Idempotency-Key"]["schema"] = {"type": "string", "pattern": f"^{idempotency.KEY}$"}
    result["components"]["parameters"] = given
    result["components"]["headers"] = {name: {"description": what, **text} for name, what in HEADERS.items()}
    for operations in result["paths"].values():
        for method, operation in operations.items():
            _describe_operation(method, operation)
    return result


def _describe_operation(method: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    told: dict[str, list[str]] = {status: [*EVERYWHERE] for status in answers}
    taken = []
    if method == "get":
        taken.append("If-None-Match")
        answers["304"] = {"description": "Still the same"}
        told["200"] += ["ETag", "Cache-Control"]
        told["304"] = [*EVERYWHERE, "ETag", "Cache-Control"]
    if "412" in answers:
        taken.append("If-Match")
        told.get("200", []).append("ETag")
    if "422" in answers:
        taken.append("Idempotency-Key")
        told["201"].append("Idempotent-Replayed")
    for status, name in (("201", "Location"), ("401", "WWW-Authenticate"), ("429", "Retry-After")):
        if status in answers:
            told[status].append(name)
    for status, names in told.items():
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
        answers[status]["headers"] = answers[status].get("headers", {}) | headers
    parameters = [{"$ref": f"#/components/parameters/{name}"} for name in taken]
    if parameters:
        operation["parameters"] = operation.get("parameters", []) + parameters
    operation["responses"] = dict(sorted(answers.items()))


@extend_schema_field({"type": "string", "examples": ["25"]})
class PlainDecimal(serializers.Field[Decimal, Any, str, Any]):
    """An exact decimal as a string without trailing zeros ("25", "12.5"); read-only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Decimal) -> str:
        return numbers.plain(value)
