"""Pages of lists, as any client asks for them."""

import pytest
from django.test import Client

from tests.factories import LeagueFactory

pytestmark = pytest.mark.django_db
LEAGUES = "/api/v1/leagues"


@pytest.mark.parametrize(("asked", "got"), [("1", 1), ("2", 2), ("100", 3)])
def test_a_page_has_the_size_asked_for(client: Client, asked: str, got: int) -> None:
    LeagueFactory.create_batch(3)

    assert len(client.get(LEAGUES, {"page_size": asked}).json()["results"]) == got


def test_a_page_has_25_rows_where_nothing_is_asked(client: Client) -> None:
    LeagueFactory.create_batch(26)

    assert len(client.get(LEAGUES).json()["results"]) == 25


@pytest.mark.parametrize("size", ["0", "101", "500", "-1", "many", "", "null", "1.5", "9" * 19])
def test_a_size_that_makes_no_sense_is_refused(client: Client, size: str) -> None:
    answer = client.get(LEAGUES, {"page_size": size})

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["page_size"]


def test_a_page_that_is_not_there_is_not_found(client: Client) -> None:
    assert client.get(LEAGUES, {"page": "2"}).status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "many", "null"])
def test_a_page_that_cannot_be_is_refused(client: Client, page: str) -> None:
    answer = client.get(LEAGUES, {"page": page})

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["page"]
