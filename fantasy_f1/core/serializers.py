"""What every app's API input is made of."""

import re
from collections.abc import Mapping
from datetime import time
from typing import Any

from django.db.models import BigIntegerField
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

MAX_ID = BigIntegerField.MAX_BIGINT
ID = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
"""How ids are described."""
TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
WHOLE_NUMBER = "A whole number is required."
JSON_TYPES: list[tuple[type[serializers.Field[Any, Any, Any, Any]], tuple[type, ...], str]] = [
    (serializers.BooleanField, (bool,), "true or false is required."),
    (serializers.CharField, (str,), "A text is required."),
    (serializers.IntegerField, (int, float), WHOLE_NUMBER),
]
"""Fields that would take other types of JSON, and what they may be given."""


# Refuses fields it does not know, so that a misspelt name is never silently dropped, and values of another type than
# the description says, where the framework would convert them. (No docstring: it would be published with every input.)
class StrictSerializer(serializers.Serializer[Any]):
    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, Mapping):
            known = {name: field for name, field in self.fields.items() if not field.read_only}
            wrong = {
                name: [f"There is no field “{name}” here."] for name in sorted(map(str, data)) if name not in known
            } or {name: [message] for name, field in known.items() if (message := _mistyped(field, data.get(name)))}
            if wrong:
                raise serializers.ValidationError(wrong)
        values: dict[str, Any] = super().to_internal_value(data)
        return values


def _mistyped(field: serializers.Field[Any, Any, Any, Any], value: Any) -> str | None:
    """What to say of a value that is not of the field's type in JSON; ``None``: nothing."""
    for kind, taken, message in JSON_TYPES:
        if value is not None and isinstance(field, kind) and not isinstance(value, taken):
            return message
    if isinstance(field, serializers.IntegerField) and isinstance(value, bool):
        return WHOLE_NUMBER
    return None


def valid(given: StrictSerializer) -> dict[str, Any]:
    """What is given, checked and converted. Raises ``ValidationError`` with messages by field."""
    given.is_valid(raise_exception=True)
    return given.validated_data


class IdField(serializers.IntegerField):
    """An id: a whole number that a database can compare, and neither ``1.9`` nor ``true``; ``1.0`` is one in JSON."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or (isinstance(data, float) and not data.is_integer()):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "pattern": f"^{TIME}$"})
class TimeOfDayField(serializers.TimeField):
    """Hours and minutes, ``22:00``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M"], **kwargs)

    def to_internal_value(self, value: Any) -> time:
        if not isinstance(value, str) or not re.fullmatch(TIME, value):
            self.fail("invalid", format="hh:mm")
        return time.fromisoformat(value)


@extend_schema_field(ID)
class ReferenceField(serializers.PrimaryKeyRelatedField[Any]):
    """The id of a row of ``queryset`` → the row."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(IdField().run_validation(data))
