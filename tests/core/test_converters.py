import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from fantasy_f1.core.converters import id_of
from tests.factories import UserFactory

HUGE = "9" * 30


@pytest.mark.parametrize(("text", "expected"), [("7", 7), ("9" * 18, 10**18 - 1)])
def test_an_id_is_read(text: str, expected: int) -> None:
    assert id_of(text) == expected


@pytest.mark.parametrize("text", ["", "x", "-1", "1.0", " 1", "1\n", "²", "٣", "9" * 19, "9" * 5000])
def test_what_is_no_id_is_none(text: str) -> None:
    assert id_of(text) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        f"/leagues/{HUGE}/",
        f"/leagues/{HUGE}/drafts/1/",
        f"/leagues/1/drafts/{HUGE}/",
        f"/api/v1/leagues/1/drafts/{HUGE}",
        f"/api/v1/constructors/1/drafts/{HUGE}",
        f"/api/v1/races/{'9' * 18}/scores",
        f"/notifications/{HUGE}/",
        f"/races/{'9' * 5000}/",
        "/join/short/",
        "/join/ABCD-FGH/",
    ],
)
def test_there_is_nothing_at_an_id_or_code_that_cannot_be(path: str, client: Client) -> None:
    client.force_login(UserFactory())

    assert client.get(path).status_code == 404


def test_addresses_are_made_of_ids_and_codes() -> None:
    assert reverse("league", args=[7]) == "/leagues/7/"
    assert reverse("leagues:invite", args=["ABCDEFGH"]) == "/join/ABCDEFGH/"
    with pytest.raises(NoReverseMatch):
        reverse("league", args=["x"])
