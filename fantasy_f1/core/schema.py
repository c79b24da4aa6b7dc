"""What every app's API describes in the same way: problem documents, exact numbers, and what HTTP adds."""

from decimal import Decimal
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import Direction, OpenApiResponse, extend_schema_field
from rest_framework import serializers

from fantasy_f1.core import idempotency, numbers
from fantasy_f1.core.problems import CONTENT_TYPE, TITLES


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


def problems(*statuses: int) -> dict[tuple[int, str], OpenApiResponse]:
    """The error answers of an operation, for ``extend_schema(responses={200: …, **problems(400, 404)})``."""
    return {(status, CONTENT_TYPE): OpenApiResponse(Problem, description=TITLES[status]) for status in statuses}


class OperationSchema(AutoSchema):
    """Adds the error answers that follow from what an operation takes, so that each one names only its own."""

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for (status, media_type), answer in problems(*self._common_statuses()).items():
            if str(status) not in bodies:
                bodies[str(status)] = self._get_response_for_code(answer, str(status), (media_type,), direction)
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
    "X-Request-ID": "Names the request in the server's log; a well-formed one of the request is kept",
}


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
    told: dict[str, list[str]] = {status: ["X-Request-ID"] for status in answers}
    taken = []
    if method == "get":
        taken.append("If-None-Match")
        answers["304"] = {"description": "Still the same"}
        told["200"] += ["ETag", "Cache-Control"]
        told["304"] = ["X-Request-ID", "ETag", "Cache-Control"]
    if "412" in answers:
        taken.append("If-Match")
        told.get("200", []).append("ETag")
    if "422" in answers:
        taken.append("Idempotency-Key")
        told["201"].append("Idempotent-Replayed")
    for status, name in (("201", "Location"), ("401", "WWW-Authenticate")):
        if status in answers:
            told[status].append(name)
    for status, names in told.items():
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
        answers[status]["headers"] = answers[status].get("headers", {}) | headers
    parameters = [{"$ref": f"#/components/parameters/{name}"} for name in taken]
    if parameters:
        operation["parameters"] = operation.get("parameters", []) + parameters
    operation["responses"] = dict(sorted(answers.items()))


@extend_schema_field(OpenApiTypes.STR)
class PlainDecimal(serializers.Field[Decimal, Any, str, Any]):
    """An exact decimal as a string without trailing zeros ("25", "12.5"); read-only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Decimal) -> str:
        return numbers.plain(value)
