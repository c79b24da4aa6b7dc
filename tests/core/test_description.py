"""The API's description is complete: whoever reads it needs to ask nobody."""

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rest_framework import serializers

from fantasy_f1.core import examples
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.problems import CONTENT_TYPE
from fantasy_f1.core.schema import NOT_BLANK, problems
from fantasy_f1.core.serializers import StrictSerializer
from fantasy_f1.description import LINKS

PROBES = {"type": "object", "properties": {"lap": {"type": "integer", "minimum": 3}, "on": {"type": "boolean"}}}


def bodies(description: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Everything that is sent and answered → (which, media type, how it is described)."""
    found = []
    for _, _, operation in examples.operations(description):
        name = operation["operationId"]
        for media_type, body in operation.get("requestBody", {}).get("content", {}).items():
            found.append((f"{name} request", media_type, body))
        for status, answer in operation["responses"].items():
            for media_type, body in answer.get("content", {}).items():
                found.append((f"{name} {status}", media_type, body))
    return found


def test_every_body_has_examples_that_fit(description: dict[str, Any]) -> None:
    wrong = {}
    for which, media_type, body in bodies(description):
        validator = Draft202012Validator({**body["schema"], "components": description["components"]})
        shown = [each["value"] for each in body.get("examples", {}).values()]
        faults = [f"{fault.json_path}: {fault.message}" for each in shown for fault in validator.iter_errors(each)]
        if faults or not shown:
            wrong[f"{which} {media_type}"] = faults

    assert wrong == {}


def test_no_example_leaves_a_text_unsaid(description: dict[str, Any]) -> None:
    """A serializer gives it: ``example = {"team_name": "Apex"}``."""
    unsaid = {
        which for which, _, body in bodies(description) if f"'{examples.UNSAID}'" in repr(body["examples"].values())
    }

    assert unsaid == set()


def test_every_error_tells_its_status_and_why(description: dict[str, Any]) -> None:
    wrong = []
    for which, media_type, body in bodies(description):
        status = which.rpartition(" ")[2]
        if media_type == CONTENT_TYPE:
            shown = [each["value"] for each in body["examples"].values()]
            if {each["status"] for each in shown} != {int(status)} or not all(each["detail"] for each in shown):
                wrong.append(which)

    assert wrong == []


def test_every_operation_says_what_it_does(description: dict[str, Any]) -> None:
    tags = {tag["name"]: tag["description"] for tag in description["tags"]}
    used, names, wrong = set(), [], []
    for method, path, operation in examples.operations(description):
        name = operation["operationId"]
        names.append(name)
        used |= set(operation["tags"])
        summary = operation.get("summary", "")
        if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name) or not summary or summary.endswith("."):
            wrong.append(f"{method} {path}: {name}: {summary}")
        wrong += [f"{name} {status}" for status, answer in operation["responses"].items() if not answer["description"]]

    assert wrong == []
    assert len(names) == len(set(names))
    assert used == set(tags)
    assert all(tags.values())


def test_operations_are_named_for_what_they_do_in_the_same_way_everywhere(description: dict[str, Any]) -> None:
    """A part that is read has the name of a thing: ``leagues_leaderboard``."""
    methods = {"list": "get", "read": "get", "create": "post", "change": "patch", "set": "put", "delete": "delete"}
    not_so = {"drafts_set_order": "patch"}  # the order is a part of the draft

    wrong = {
        operation["operationId"]: method
        for method, _, operation in examples.operations(description)
        if method != methods.get(operation["operationId"].split("_")[1], method)
    }

    assert wrong == not_so


def test_every_error_code_of_ours_is_described(description: dict[str, Any]) -> None:
    shown = {
        each["value"]["code"]
        for _, media_type, body in bodies(description)
        if media_type == CONTENT_TYPE
        for each in body["examples"].values()
    }

    assert shown >= {"key_not_allowed", "scope_missing", "last_manager", "otp_required", "token_reused", "wrong_queue"}


def test_the_frame_says_where_and_how(description: dict[str, Any]) -> None:
    said = description["info"]["description"]

    assert description["openapi"].startswith("3.1")
    assert [server["url"] for server in description["servers"]] == ["/"]
    assert [line for line in said.splitlines() if line.startswith("## ")] == [
        "## Signing in",
        "## API keys",
        "## Errors",
        "## Limits",
        "## Lists",
        "## Numbers and times",
        "## Spoilers",
        "## What has not changed",
        "## Repeating",
        "## Webhooks",
    ]


def test_what_goes_in_is_closed(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]

    open_ones = [
        name for name, schema in schemas.items() if name.endswith("In") and schema.get("additionalProperties", 1)
    ]

    assert open_ones == []


def test_links_lead_from_and_to_operations_by_their_parameters(description: dict[str, Any]) -> None:
    known = {operation["operationId"]: operation for _, _, operation in examples.operations(description)}
    linked = {
        (name, target): link
        for name, operation in known.items()
        for answer in operation["responses"].values()
        for target, link in answer.get("links", {}).items()
    }

    assert {name for name, _ in linked} == set(LINKS)
    assert {target for _, target in linked} <= set(known)
    for (_, target), link in linked.items():
        taken = {each["name"] for each in known[target].get("parameters", []) if each.get("required")}
        assert set(link.get("parameters", {})) == taken or ("requestBody" in link and not taken)


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({"type": "integer"}, 1),
        ({"type": ["string", "null"], "format": "date-time"}, "2026-07-22T09:00:00Z"),
        ({"type": "string"}, "string"),
        ({"type": "string", "examples": ["Apex"]}, "Apex"),
        ({"enum": ["snake", "sequential"]}, "snake"),
        ({"type": "string", "default": "snake"}, "snake"),
        ({"oneOf": [{"$ref": "#/components/schemas/Probes"}, {"type": "null"}]}, {"lap": 3, "on": True}),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Probes"}}, [{"lap": 3, "on": True}]),
    ],
)
def test_an_example_is_composed_from_what_the_schema_says(schema: dict[str, Any], example: Any) -> None:
    assert examples.compose(schema, {"Probes": PROBES}) == example


def test_an_optional_field_is_sent_where_it_has_an_example() -> None:
    schema = {**PROBES, "required": ["lap"]}
    said = {**schema, "properties": {**schema["properties"], "on": {"type": "boolean", "examples": [False]}}}

    assert examples.compose(schema, {}, whole=False) == {"lap": 3}
    assert examples.compose(said, {}, whole=False) == {"lap": 3, "on": False}


def test_a_serializer_inherits_examples() -> None:
    class Lap(StrictSerializer):
        example = {"number": 3, "tyre": "soft"}

    class WetLap(Lap):
        example = {"tyre": "wet"}

    assert examples.said(WetLap()) == {"number": 3, "tyre": "wet"}


def test_a_refusal_is_described_by_its_code_and_docstring() -> None:
    class TooSlow(DomainError):
        """This lap is too slow."""

        code = "too_slow"

    answers = problems(400, TooSlow, (409, "too_far", "This lap is too long."))

    assert {status: answer.description for (status, _), answer in answers.items()} == {
        400: "The request is not valid: `invalid`",
        409: "Refused by a rule: `too_slow`, `too_far`",
    }
    assert [(shown.name, shown.value["detail"]) for shown in answers[409, CONTENT_TYPE].examples] == [
        ("too_slow", "This lap is too slow."),
        ("too_far", "This lap is too long."),
    ]


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [("ana", True), (" a\n", True), (" \n", False), ("\x1f\x85", False), ("a\0", False), ("", False)],
)
def test_a_text_that_must_not_be_blank_is_described_as_it_is_taken(text: str, is_taken: bool) -> None:
    class NameIn(StrictSerializer):
        name = serializers.CharField()

    assert bool(re.search(NOT_BLANK, text)) == NameIn(data={"name": text}).is_valid() == is_taken
