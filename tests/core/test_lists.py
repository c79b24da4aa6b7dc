"""Every list of the API takes what its description says and nothing else."""

import re
from typing import Any

import pytest
from django.test import Client

from leagues.models import Constructor
from tests.factories import ConstructorFactory, RaceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Constructor:
    return ConstructorFactory(user__is_superuser=True)


@pytest.fixture
def lists(client: Client, team: Constructor) -> dict[str, list[dict[str, Any]]]:
    """Each list's parameters by its address, which leads to something; the host is signed in."""
    client.force_login(team.user)
    race = RaceFactory(entries=1)
    webhook = team.user.webhooks.create(url="https://a.b/", format="json", events=[], created_at=race.starts_at)
    ids = {
        "leagues": team.league_id,
        "constructors": team.pk,
        "races": race.pk,
        "drivers": race.entries.get().driver_id,
        "webhooks": webhook.pk,
    }

    def filled(path: str) -> str:
        return re.sub(r"/(\w+)/\{\w+\}", lambda found: f"/{found[1]}/{ids[found[1]]}", path)

    described = client.get("/api/schema/", {"format": "json"}).json()["paths"]
    parameters = {
        filled(path): operations["get"]["parameters"]
        for path, operations in described.items()
        if any(each.get("name") == "page" for each in operations.get("get", {}).get("parameters", []))
    }
    assert len(parameters) >= 12
    return parameters


def test_parameters_that_a_list_does_not_know_are_named(client: Client, lists: dict[str, Any]) -> None:
    answers = {path: client.get(path, {"colour": "red", "page": 1}) for path in lists}

    assert {path: (answer.status_code, list(answer.json()["errors"])) for path, answer in answers.items()} == {
        path: (400, ["colour"]) for path in lists
    }


@pytest.mark.parametrize(
    "query", [{"page": "one"}, {"page": 0}, {"page_size": 101}, {"page_size": ""}, {"page_size": "all"}]
)
def test_pages_that_cannot_be_are_refused(client: Client, lists: dict[str, Any], query: dict[str, Any]) -> None:
    answers = {path: client.get(path, query) for path in lists}

    assert {path: (answer.status_code, list(answer.json()["errors"])) for path, answer in answers.items()} == {
        path: (400, list(query)) for path in lists
    }


def test_a_page_that_is_not_there_is_not_found(client: Client, lists: dict[str, Any]) -> None:
    assert {client.get(path, {"page": 99}).status_code for path in lists} == {404}


def test_all_that_is_described_is_known(client: Client, lists: dict[str, Any]) -> None:
    for path, parameters in lists.items():
        asked = [each["name"] for each in parameters if each.get("in") == "query"]
        answer = client.get(path, dict.fromkeys(asked, ""))

        assert answer.status_code == 200 or "no parameter" not in answer.content.decode(), path


def test_lists_can_be_ordered_by_all_that_is_described(client: Client, lists: dict[str, Any]) -> None:
    tried = [
        (path, order, client.get(path, {"ordering": order}).status_code)
        for path, parameters in lists.items()
        for each in parameters
        if each.get("name") == "ordering"
        for order in each["schema"]["enum"]
    ]

    assert len(tried) >= 30
    assert [each for each in tried if each[2] != 200] == []
