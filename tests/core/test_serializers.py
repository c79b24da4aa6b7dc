from rest_framework import serializers

from fantasy_f1.core.serializers import StrictSerializer


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
