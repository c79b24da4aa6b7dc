import pytest

from accounts.forms import ProfileForm
from accounts.zones import find_time_zones


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Europe/Berlin", ["Europe/Berlin"]),
        ("europe/berlin ", ["Europe/Berlin"]),
        ("berlin", ["Europe/Berlin"]),
        ("new york", ["America/New_York"]),
        ("Istanbul", ["Asia/Istanbul", "Europe/Istanbul"]),
        ("UTC", ["UTC"]),
        ("Atlantis", []),
    ],
)
def test_a_time_zone_is_found_by_its_city(text: str, found: list[str]) -> None:
    assert find_time_zones(text) == found


@pytest.mark.parametrize(
    ("text", "kept", "refusal"),
    [
        ("berlin", "Europe/Berlin", None),
        ("Istanbul", None, ["There are several places of that name: Asia/Istanbul, Europe/Istanbul."]),
        ("Atlantis", None, ["'Atlantis' is not a time zone such as Europe/Berlin."]),
    ],
)
def test_the_profile_keeps_the_whole_name_of_the_zone(text: str, kept: str | None, refusal: list[str] | None) -> None:
    form = ProfileForm({"email": "ana@example.com", "time_zone": text})

    form.is_valid()

    assert (form.cleaned_data.get("time_zone"), form.errors.get("time_zone")) == (kept, refusal)
