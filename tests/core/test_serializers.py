from typing import Any

import pytest
from rest_framework import serializers

from fantasy_f1.core.serializers import IdField, StrictSerializer


class Lap(StrictSerializer):
    number = serializers.IntegerField()
    pace = serializers.CharField(read_only=True)


def test_strict_serializer_takes_what_it_knows() -> None:
    lap = Lap(data={"number": 3})

    assert lap.is_valid()
    assert lap.validated_data == {"number": 3}


def test_strict_serializer_names_every_field_it_does_not_know() -> None:
    lap = Lap(data={"number": 3, "pace": "fast", "tyre": "soft"})

    assert not lap.is_valid()
    assert lap.errors == {
        "pace": ["There is no field “pace” here."],
        "tyre": ["There is no field “tyre” here."],
    }


def test_strict_serializer_leaves_other_nonsense_to_the_framework() -> None:
    lap = Lap(data=["number"])

    assert not lap.is_valid()
    assert list(lap.errors) == ["non_field_errors"]


class Stint(StrictSerializer):
    laps = serializers.IntegerField(required=False, allow_null=True)
    tyre = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    fresh = serializers.BooleanField(required=False)


@pytest.mark.parametrize(
    "given", [{}, {"laps": 3}, {"laps": 3.0}, {"laps": None, "tyre": None}, {"tyre": "", "fresh": False}]
)
def test_strict_serializer_takes_the_types_of_json(given: dict[str, Any]) -> None:
    assert Stint(data=given).is_valid()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"laps": "3"}, "A whole number is required."),
        ({"laps": True}, "A whole number is required."),
        ({"tyre": 3}, "A text is required."),
        ({"tyre": True}, "A text is required."),
        ({"tyre": {}}, "A text is required."),
        ({"fresh": "true"}, "true or false is required."),
        ({"fresh": 1}, "true or false is required."),
    ],
)
def test_strict_serializer_converts_nothing(given: dict[str, Any], message: str) -> None:
    stint = Stint(data=given)

    assert not stint.is_valid()
    assert stint.errors == {next(iter(given)): [message]}


@pytest.mark.parametrize("value", [1, 1.0, "7", 2**63 - 1])
def test_an_id_is_a_whole_number(value: Any) -> None:
    assert IdField().run_validation(value) == int(value)


@pytest.mark.parametrize("value", [0, 2**63, 1.9, float("inf"), True, "1.5", "", [], None])
def test_nothing_else_is_an_id(value: Any) -> None:
    with pytest.raises(serializers.ValidationError):
        IdField().run_validation(value)
