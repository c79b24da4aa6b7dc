"""Examples in the API's description, put together from those of single fields.

A serializer says what its own fields may look like: ``example = {"team_name": "Apex"}``. What a type, a format or a
choice already says needs no word. From that every request and every answer gets one whole example.
"""

from collections.abc import Iterator
from functools import reduce
from typing import Any

from rest_framework import serializers

from fantasy_f1.core.problems import CONTENT_TYPE

UNSAID = "string"
"""Stands where a text has no example; a test looks for it."""
BY_FORMAT = {
    "date": "2026-07-26",
    "date-time": "2026-07-22T09:00:00Z",
    "decimal": "25",
    "email": "ana@example.com",
    "uri": "https://f1.example.com/",
}
BY_TYPE = {"boolean": True, "integer": 1, "number": 1, "null": None, "string": UNSAID}


def said(serializer: serializers.BaseSerializer[Any]) -> dict[str, Any]:
    """The examples of the serializer's fields, with those of the classes that it extends."""
    spoken = [vars(each)["example"] for each in type(serializer).__mro__ if "example" in vars(each)]
    return reduce(lambda own, inherited: inherited | own, spoken, {})


def add_examples(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Hook of drf-spectacular: an example for each body, in and out, that has none."""
    schemas = result["components"].get("schemas", {})
    for _, _, operation in operations(result):
        asked = operation.get("requestBody", {}).get("content", {})
        for body in asked.values():
            body.setdefault("examples", {"Example": {"value": compose(body["schema"], schemas, whole=False)}})
        for answer in operation["responses"].values():
            for media_type, body in answer.get("content", {}).items():
                if media_type == CONTENT_TYPE:
                    _name_fields(body["examples"], operation, schemas)
                elif "examples" not in body:
                    body["examples"] = {"Example": {"value": compose(body["schema"], schemas)}}
    return result


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of an OpenAPI document → (method, path, operation)."""
    for path, by_method in description["paths"].items():
        for method, operation in by_method.items():
            yield method, path, operation


def compose(schema: dict[str, Any], schemas: dict[str, Any], *, whole: bool = True) -> Any:
    """A value that fits ``schema``; not ``whole``: without the optional fields that have no example of their own."""
    if "$ref" in schema:
        return compose(schemas[schema["$ref"].rpartition("/")[2]], schemas, whole=whole)
    if schema.get("examples"):
        return schema["examples"][0]
    if "default" in schema:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    for choice in ("oneOf", "anyOf", "allOf"):  # the first says what it is, the others are null, blank or a comment
        if choice in schema:
            return compose(schema[choice][0], schemas, whole=whole)
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        fields = schema.get("properties", {})
        required = fields if whole else schema.get("required", [])
        return {
            name: compose(field, schemas, whole=whole)
            for name, field in fields.items()
            if name in required or field.get("examples")
        }
    if kind == "array":
        return [compose(schema["items"], schemas, whole=whole)]
    return BY_FORMAT.get(schema.get("format", ""), schema.get("minimum", BY_TYPE[kind]))


def _name_fields(refusals: dict[str, Any], operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Which fields are at fault, where that is all that is said."""
    for refusal in refusals.values():
        if refusal["value"]["code"] == "invalid":
            refusal["value"]["errors"] = {_first_field(operation, schemas): ["This is not valid here."]}


def _first_field(operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    """A field or parameter that could be at fault."""
    for body in operation.get("requestBody", {}).get("content", {}).values():
        return next(iter(schemas[body["schema"]["$ref"].rpartition("/")[2]]["properties"]))
    return next((each["name"] for each in operation.get("parameters", []) if each["in"] == "query"), "non_field_errors")
