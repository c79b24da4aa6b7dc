"""What every app's API input is made of."""

from collections.abc import Mapping
from typing import Any

from django.db.models import BigIntegerField
from rest_framework import serializers

MAX_ID = BigIntegerField.MAX_BIGINT


# Refuses fields it does not know, so that a misspelt name is never silently dropped. (No docstring: it would be
# published with every input.)
class StrictSerializer(serializers.Serializer[Any]):
    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(str(name) for name in data if name not in known)
            if unknown:
                raise serializers.ValidationError({name: [f"There is no field “{name}” here."] for name in unknown})
        values: dict[str, Any] = super().to_internal_value(data)
        return values


def valid(given: StrictSerializer) -> dict[str, Any]:
    """What is given, checked and converted. Raises ``ValidationError`` with messages by field."""
    given.is_valid(raise_exception=True)
    return given.validated_data


class IdField(serializers.IntegerField):
    """An id: a whole number that a database can compare, and neither ``1.9`` nor ``true``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class ReferenceField(serializers.PrimaryKeyRelatedField[Any]):
    """The id of a row of ``queryset`` → the row."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(IdField().run_validation(data))
