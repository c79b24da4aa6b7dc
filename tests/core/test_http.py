"""Addresses that answer browsers with a page and HTMX with a part of it."""

from datetime import timedelta

import pytest
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from fantasy_f1.core import clock
from fantasy_f1.core.http import is_api
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, UserFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def test_an_address_of_page_and_part_never_shows_the_part_as_a_page(client: Client) -> None:
    """A browser that goes back takes what it kept for the address, unless it is told what the answer depends on."""
    user = UserFactory()
    race = RaceFactory(starts_at=clock.now() + timedelta(days=4), entries=2)
    league = ConstructorFactory(user=user, league=LeagueFactory(season=race.season)).league
    other = LeagueFactory(season=race.season)
    driver = race.entries.first().driver_id
    client.force_login(user)

    for address in (
        reverse("races:calendar"),
        reverse("races:race", args=[race.pk]),
        reverse("races:drivers"),
        reverse("races:driver", args=[driver]),
        reverse("leagues:list"),
        reverse("leagues:invite", args=[other.code]),
        reverse("leagues:enter", args=[other.pk]),
        reverse("drafts:room", args=[league.pk, race.pk]),
        reverse("scoring:leaderboard", args=[league.pk]),
        reverse("notifications:list"),
    ):
        page, part = client.get(address), client.get(address, headers=HTMX)
        back = client.get(address, headers=HTMX | {"HX-History-Restore-Request": "true"})

        assert ["<html" in answer.content.decode() for answer in (page, part, back)] == [True, False, True], address
        for answer in (page, part, back):
            assert {"HX-Request", "HX-History-Restore-Request"} <= set(answer["Vary"].split(", ")), address


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/api", True), ("/api/v1/x", True), ("//api//v1", True), ("/apis", False), ("/races/api/", False), ("/", False)],
)
def test_the_api_is_at_its_address_and_below(path: str, expected: bool) -> None:
    request = HttpRequest()
    request.path = path

    assert is_api(request) is expected


def test_the_login_that_a_part_is_sent_to_is_no_page_of_its_address(client: Client) -> None:
    address = reverse("accounts:login")

    page, part = client.get(address), client.get(address, headers=HTMX)

    assert ("HX-Redirect" in page, "HX-Redirect" in part) == (False, True)
    assert all("HX-Request" in answer["Vary"] for answer in (page, part))
