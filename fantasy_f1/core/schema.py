"""What every app's API describes in the same way: problem documents and exact numbers."""

from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema_field
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


@extend_schema_field(OpenApiTypes.STR)
class PlainDecimal(serializers.Field[Decimal, Any, str, Any]):
    """An exact decimal as a string without trailing zeros ("25", "12.5"); read-only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Decimal) -> str:
        return numbers.plain(value)
