"""What the API answers is what its description says."""

import json
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from jsonschema import Draft202012Validator

from demo.league import PASSWORD, Demo
from drafts.models import Draft
from leagues.models import Constructor
from races.models import Driver


@pytest.fixture
def schema(client: Client) -> dict[str, Any]:
    described: dict[str, Any] = client.get("/api/schema/", {"format": "json"}).json()
    return described


def faults(schema: dict[str, Any], answer: HttpResponse, method: str, path: str) -> list[str]:
    """What in the answer is not as described."""
    templates = [each for each in schema["paths"] if re.fullmatch(re.sub(r"\{\w+\}", r"\\d+", each), path)]
    described = schema["paths"][templates[0]][method]["responses"].get(str(answer.status_code))
    if described is None:
        return [f"{answer.status_code} is not described"]
    if "content" not in described:
        return ["there is a body"] if answer.content else []
    media_type = answer["Content-Type"]
    if media_type not in described["content"]:
        return [f"{media_type} is not described"]
    validator = Draft202012Validator({**described["content"][media_type]["schema"], "components": schema["components"]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(json.loads(answer.content))]


@pytest.mark.django_db
def test_answers_are_as_described(client: Client, demo: Demo, schema: dict[str, Any]) -> None:
    league = demo.league
    team = Constructor.objects.playing().filter(league=league).earliest("pk")
    draft = Draft.objects.filter(league=league, status="locked").latest("pk")
    opened = Draft.objects.get(league=league, status="open")
    driver = Driver.objects.earliest("pk")
    login = {"username": team.user.email, "password": PASSWORD}
    token = client.post("/api/v1/auth/login", login, "application/json").json()
    mine = {"Authorization": f"Bearer {token['access']}"}
    asked: list[tuple[str, str, Any]] = [
        *(
            ("get", path, None)
            for path in ("auth/me", "drivers", f"drivers/{driver.pk}", "races", "leagues", "notifications")
        ),
        *(
            ("get", f"{path}?page=99", None)
            for path in ("drivers", "races", "leagues", "constructors", "notifications")
        ),
        *(("get", f"races/{draft.race_id}{rest}", None) for rest in ("", "/results", "/scores")),
        *(("get", f"races/{opened.race_id}{rest}", None) for rest in ("", "/results", "/scores")),
        *(("get", f"leagues/{league.pk}{rest}", None) for rest in ("", "/leaderboard", "/drafts")),
        ("get", f"leagues/{league.pk}/leaderboard?race_id={draft.race_id}", None),
        ("get", f"leagues/{league.pk}/leaderboard?race_id=x", None),
        *(("get", f"leagues/{league.pk}/drafts/{each.race_id}", None) for each in (draft, opened)),
        *(("get", f"constructors/{team.pk}{rest}", None) for rest in ("", f"/drafts/{draft.race_id}")),
        ("get", f"constructors/{team.pk}/drafts/{opened.race_id}", None),
        ("get", "constructors?page_size=3&page=2", None),
        ("get", "constructors?mine=x", None),
        ("get", "races/999999", None),
        ("patch", "users/me", {"full_name": "Amélie"}),
        ("patch", "users/me", {"full_name": "\n"}),
        ("patch", f"constructors/{team.pk}", {"team_name": "Apex"}),
        ("patch", f"constructors/{team.pk}", {}),
        ("patch", f"leagues/{league.pk}/drafts/{opened.race_id}", {"order": [1]}),
        ("put", f"constructors/{team.pk}/autopick", {"on": True}),
        ("post", f"constructors/{team.pk}/drafts/{draft.race_id}/picks", {"driver_id": driver.pk}),
        ("post", f"constructors/{team.pk}/drafts/{draft.race_id}/picks", {"driver_id": [1]}),
        ("post", "leagues", {"name": "Grid", "season": 2026}),
        ("post", f"leagues/{league.pk}/join", {"team_name": "Again"}),
        ("post", "notifications/read-all", None),
        ("post", "auth/refresh", {"refresh": token["refresh"]}),
        ("post", "auth/refresh", {"refresh": token["refresh"]}),
        ("post", "auth/login", {"password": "none"}),
        ("post", "auth/register", login),
        ("post", f"leagues/{league.pk}/leave", None),
    ]

    wrong = {}
    for method, path, body in asked:
        answer = client.generic(
            method.upper(),
            f"/api/v1/{path}",
            json.dumps(body) if body is not None else "",
            "application/json",
            headers=mine,
        )
        found = faults(schema, answer, method, f"/api/v1/{path.partition('?')[0]}")
        if found:
            wrong[f"{method} {path} {answer.status_code}"] = found

    assert wrong == {}


@pytest.mark.django_db
def test_a_bad_token_and_a_bad_body_are_answered_as_described(client: Client, schema: dict[str, Any]) -> None:
    numbers = re.compile(r"\{\w+\}")
    wrong = {}
    for template, operations in schema["paths"].items():
        path = numbers.sub("1", template)
        for method, operation in operations.items():
            bad_token = client.generic(method.upper(), path, headers={"Authorization": "Bearer x"})
            if operation.get("security"):
                wrong[f"{method} {path} token"] = [*faults(schema, bad_token, method, path), bad_token.status_code]
            if "requestBody" in operation and not operation.get("security"):
                form = client.generic(method.upper(), path, "a=b", "application/x-www-form-urlencoded")
                wrong[f"{method} {path} form"] = [*faults(schema, form, method, path), form.status_code]

    assert {name: found for name, found in wrong.items() if found not in ([401], [415])} == {}


def test_bodies_without_which_nothing_is_done_are_required(schema: dict[str, Any]) -> None:
    whole = ["/api/v1/constructors/{id}", "/api/v1/leagues/{league_id}/drafts/{race_id}"]

    assert [schema["paths"][path]["patch"]["requestBody"]["required"] for path in whole] == [True, True]
    assert schema["components"]["schemas"]["TeamNameIn"]["required"] == ["team_name"]
    assert "required" not in schema["paths"]["/api/v1/leagues/{id}"]["patch"]["requestBody"]


def test_the_description_says_nothing_to_ourselves(schema: dict[str, Any]) -> None:
    text = json.dumps(schema)

    assert not re.search(r"Expects|``|silently|nullable", text)
