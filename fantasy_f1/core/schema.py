"""What every app's API describes in the same way: problem documents, exact numbers, and what HTTP adds."""

from decimal import Decimal
from http import HTTPStatus
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiExample, OpenApiResponse, extend_schema_field
from rest_framework import serializers

from fantasy_f1.core import examples, idempotency, numbers
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.problems import CONTENT_TYPE, TITLES, problem
from fantasy_f1.core.serializers import StrictSerializer

NOT_BLANK = r"\S"
PAGING = {"page", "page_size"}


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


def problems(*answers: int | type[DomainError]) -> dict[tuple[int, str], OpenApiResponse]:
    """The error answers of an operation, for ``extend_schema(responses={200: …, **problems(400, 404, LeagueFull)})``.

    A status stands for itself; an error of a rule adds its code and, as its docstring, an example to its status.
    """
    refusals: dict[int, list[type[DomainError]]] = {}
    for answer in answers:
        if isinstance(answer, int):
            refusals.setdefault(answer, [])
        else:
            refusals.setdefault(answer.status, []).append(answer)
    return {
        (status, CONTENT_TYPE): OpenApiResponse(
            Problem, description=_described(status, errors), examples=_shown(errors)
        )
        for status, errors in refusals.items()
    }


def _described(status: int, errors: list[type[DomainError]]) -> str:
    codes = ", ".join(f"`{error.code}`" for error in errors)
    return f"{TITLES[status]}: {codes}" if codes else TITLES[status]


def _shown(errors: list[type[DomainError]]) -> list[OpenApiExample]:
    return [
        OpenApiExample(error.code, value=problem(error.status, code=error.code, detail=error.__doc__ or ""))
        for error in errors
    ]


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
                if isinstance(field, serializers.CharField) and field.trim_whitespace and not field.allow_blank:
                    schema["properties"][name].setdefault("pattern", NOT_BLANK)
        return schema

    def _get_parameters(self) -> list[dict[str, Any]]:
        """A filter of a list that is left empty filters nothing."""
        parameters: list[dict[str, Any]] = super()._get_parameters()
        for parameter in parameters if self._is_list_view() else ():
            if parameter["in"] == "query" and parameter["name"] not in PAGING:
                parameter["allowEmptyValue"] = True
        return parameters

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for (status, media_type), answer in problems(*self._common_statuses()).items():
            if str(status) not in bodies:
                bodies[str(status)] = self._get_response_for_code(answer, str(status), (media_type,), direction)
        for status_text, body in bodies.items():
            body["description"] = body["description"] or HTTPStatus(int(status_text)).phrase
        return dict(sorted(bodies.items()))

    def _common_statuses(self) -> list[int]:
        takes_body = self.method in ("POST", "PUT", "PATCH") and self.get_request_serializer() is not None
        statuses = [401, 429] if self.view.get_authenticators() else [429]
        if self._is_list_view():
            statuses += [400, 404]  # parameters that cannot be, a page that is not there
        return [*statuses, 413, 415] if takes_body else statuses

    def _get_request_for_media_type(self, serializer: Any, direction: Direction = "request") -> Any:
        """A body of PATCH is partial only where its serializer says so; the base takes all of them for that."""
        method, self.method = self.method, "PUT" if self.method == "PATCH" else self.method
        try:
            return super()._get_request_for_media_type(serializer, direction)
        finally:
            self.method = method


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
