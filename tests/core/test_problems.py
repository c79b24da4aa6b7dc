from typing import Any

import pytest
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.views")]


def problem(status: int, title: str, detail: str, code: str, **more: Any) -> dict[str, Any]:
    return {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code, **more}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rule", problem(409, "Refused by a rule", "The grid is full.", "grid_full")),
        (
            "field",
            problem(400, "The request is not valid", "Too long.", "invalid", errors={"name": ["Too long."]}),
        ),
        ("not-allowed", problem(403, "Not allowed", "This is not yours.", "not_allowed")),
        ("missing", problem(404, "Not found", "Not found.", "not_found")),
        (
            "denied",
            problem(403, "Not allowed", "You do not have permission to perform this action.", "permission_denied"),
        ),
        (
            "not-signed-in",
            problem(401, "Sign in first", "Authentication credentials were not provided.", "not_authenticated"),
        ),
        ("bad-token", problem(401, "Sign in first", "Token is expired.", "token_expired")),
        (
            "slow-down",
            problem(429, "Too many requests", "Request was throttled. Expected available in 3 seconds.", "throttled"),
        ),
        (
            "list",
            problem(
                400,
                "The request is not valid",
                "Some fields are not valid.",
                "invalid",
                errors={"non_field_errors": ["Nothing was right."]},
            ),
        ),
        (
            "items",
            problem(
                400,
                "The request is not valid",
                "Some fields are not valid.",
                "invalid",
                errors={"order": ["No number.", "Too small.", "Too odd."], "name": ["Taken."]},
            ),
        ),
    ],
)
def test_every_refusal_is_a_problem_document(name: str, expected: dict[str, Any], client: Client) -> None:
    response = client.get(f"/api/errors/{name}")

    assert (response.status_code, response["Content-Type"]) == (expected["status"], "application/problem+json")
    assert response.json() == expected


def test_a_bug_is_a_problem_document_that_tells_nothing_of_it(client: Client) -> None:
    client.raise_request_exception = False

    response = client.get("/api/errors/bug")

    assert (response.status_code, response["Content-Type"]) == (500, "application/problem+json")
    assert response.json() == problem(
        500, "Something went wrong on our side", "The error was logged; please try again later.", "server_error"
    )


def test_fields_that_are_wrong_missing_or_unknown_are_named(client: Client) -> None:
    wrong = client.post("/api/echo", {"number": 0}, "application/json").json()
    unknown = client.post("/api/echo", {"name": "a", "nmber": 1, "id": 3}, "application/json").json()

    assert wrong["errors"] == {
        "name": ["This field is required."],
        "number": ["Ensure this value is greater than or equal to 1."],
    }
    assert unknown["errors"] == {"id": ["There is no field “id” here."], "nmber": ["There is no field “nmber” here."]}


def test_known_fields_pass(client: Client) -> None:
    assert client.post("/api/echo", {"name": "a", "number": 1}, "application/json").json() == {
        "name": "a",
        "number": 1,
    }


@pytest.mark.parametrize("body", ["{", "", "null", "[]", '"text"'])
def test_a_body_that_is_no_object_is_a_problem(body: str, client: Client) -> None:
    response = client.generic("POST", "/api/echo", body, "application/json")

    assert (response.status_code, response.json()["title"]) == (400, "The request is not valid")


def test_malformed_json_is_called_by_its_name(client: Client) -> None:
    response = client.generic("POST", "/api/echo", "{", "application/json")

    assert response.json()["code"] == "parse_error"


def test_other_media_types_and_methods_are_problems(client: Client) -> None:
    form = client.post("/api/echo", {"name": "a"})
    method = client.get("/api/echo")

    assert (form.status_code, form.json()["code"]) == (415, "unsupported_media_type")
    assert (method.status_code, method.json()["code"]) == (405, "method_not_allowed")
