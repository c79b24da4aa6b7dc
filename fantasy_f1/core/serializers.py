"""What every app's API input is made of."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """Input that refuses fields it does not know, so that a misspelt name is never silently dropped."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(str(name) for name in data if name not in known)
            if unknown:
                raise serializers.ValidationError({name: [f"There is no field “{name}” here."] for name in unknown})
        values: dict[str, Any] = super().to_internal_value(data)
        return values
