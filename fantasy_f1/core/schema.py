"""What every app's API describes in the same way: problem documents and exact numbers."""

from decimal import Decimal
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import Direction, OpenApiResponse, extend_schema_field
from rest_framework import serializers

from fantasy_f1.core import numbers
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


@extend_schema_field(OpenApiTypes.STR)
class PlainDecimal(serializers.Field[Decimal, Any, str, Any]):
    """An exact decimal as a string without trailing zeros ("25", "12.5"); read-only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Decimal) -> str:
        return numbers.plain(value)
