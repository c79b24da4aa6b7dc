"""What the API answers is what its description says."""

import json
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from jsonschema import Draft202012Validator
from pytest_django import Settings

from demo.league import PASSWORD, Demo
from drafts.models import Draft
from fantasy_f1.core.buckets import Limit
from leagues.models import Constructor
from races.models import Driver


@pytest.fixture(autouse=True)
def _limits(limits: Settings) -> None:
    """On, as every answer tells of them, and out of reach."""
    for name in ("READS", "WRITES", "AUTH_ADDRESS", "AUTH_ACCOUNT", "MAIL"):
        setattr(limits, f"RATE_LIMIT_{name}", Limit(10_000, 60))


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
    missing = set(described["headers"]) - set(answer.headers) - {"Idempotent-Replayed"}
    undescribed = set(answer.headers) & set(schema["components"]["headers"]) - set(described["headers"])
    if missing or undescribed - {"Cache-Control"}:
        return [f"the headers {missing or undescribed} are not as described"]
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
        ("put", f"constructors/{team.pk}/drafts/{draft.race_id}/autopick", {"mode": "always"}),
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
    headers = {
        "get": [{}, {"If-None-Match": "*"}],
        "patch": [{"If-Match": '"another"'}, {}],
        "post": [{"Idempotency-Key": "the same for all"}, {}],
    }

    wrong = {}
    for (method, path, body), more in [(each, more) for each in asked for more in headers.get(each[0], [{}])]:
        answer = client.generic(
            method.upper(),
            f"/api/v1/{path}",
            json.dumps(body) if body is not None else "",
            "application/json",
            headers=mine | more,
        )
        found = faults(schema, answer, method, f"/api/v1/{path.partition('?')[0]}")
        if found:
            wrong[f"{method} {path} {more} {answer.status_code}"] = found

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


@pytest.mark.django_db
def test_each_address_tells_its_methods_and_no_more(client: Client, schema: dict[str, Any]) -> None:
    told, described = {}, {}
    for template, operations in schema["paths"].items():
        answer = client.options(re.sub(r"\{\w+\}", "1", template), headers={"Authorization": "Bearer x"})
        told[template] = (answer.status_code, answer.content, set(answer["Allow"].split(", ")))
        methods = {"OPTIONS", *(method.upper() for method in operations)}
        described[template] = (204, b"", methods | {"HEAD"} if "get" in operations else methods)

    assert told == described


@pytest.mark.django_db
def test_what_is_made_can_be_read_at_its_location(client: Client, demo: Demo) -> None:
    def post(path: str, body: dict[str, Any]) -> HttpResponse:
        return client.post(f"/api/v1/{path}", body, "application/json")

    account = {"username": "newcomer", "email": "new@example.com", "password": PASSWORD + "!"}
    made = [post("auth/register", account)]
    client.login(username="newcomer", password=PASSWORD + "!")
    made.append(post("leagues", {"name": "Grid", "season": 2026}))
    league = made[-1].json()["id"]
    made.append(post(f"leagues/{league}/join", {"team_name": "Apex"}))
    team = made[-1].json()["id"]
    made.append(post(f"leagues/{league}/drafts/initialize", {"race_id": demo.race.pk}))
    driver = demo.race.entries.earliest("pk").driver_id
    made.append(post(f"constructors/{team}/drafts/{demo.race.pk}/picks", {"driver_id": driver}))

    assert [answer.status_code for answer in made] == [201] * 5
    *read, draft_of_team = [client.get(answer["Location"]).json() for answer in made]
    assert [each["id"] for each in read] == [answer.json()["id"] for answer in made[:4]]
    assert made[4].json() in draft_of_team["picks"]


def test_what_is_made_has_a_location_in_the_description(schema: dict[str, Any]) -> None:
    answers = [operation["responses"] for path in schema["paths"].values() for operation in path.values()]

    assert [each["201"] for each in answers if "201" in each and "Location" not in each["201"]["headers"]] == []


def test_operations_name_the_headers_they_take(schema: dict[str, Any]) -> None:
    taken: dict[str, set[str]] = {}
    for path in schema["paths"].values():
        for operation in path.values():
            names = [parameter.get("$ref", "").rpartition("/")[2] for parameter in operation.get("parameters", [])]
            for name in filter(None, names):
                taken.setdefault(name, set()).add(operation["operationId"])

    assert taken["If-Match"] == {"leagues_change", "leagues_delete", "drafts_set_order"}
    assert taken["Idempotency-Key"] == {"leagues_join", "constructors_pick", "chat_create"}
    assert {"leagues_list", "races_read", "drafts_read", "auth_me"} <= taken["If-None-Match"]
    assert set(taken) == set(schema["components"]["parameters"])


def test_bodies_without_which_nothing_is_done_are_required(schema: dict[str, Any]) -> None:
    order = schema["paths"]["/api/v1/leagues/{league_id}/drafts/{race_id}"]["patch"]
    partial = ["/api/v1/constructors/{id}", "/api/v1/leagues/{id}"]

    assert order["requestBody"]["required"] is True
    assert [schema["paths"][path]["patch"]["requestBody"].get("required") for path in partial] == [None, None]


def test_the_description_says_nothing_to_ourselves(schema: dict[str, Any]) -> None:
    text = json.dumps(schema)

    assert not re.search(r"Expects|``|silently|nullable", text)
