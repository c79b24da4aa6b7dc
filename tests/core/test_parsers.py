import pytest
from django.test import Client
from pytest_django import Settings

pytestmark = pytest.mark.urls("tests.core.views")


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"a":' * 100_000, "[" * 900 + "]" * 900, '{"name":' + "[" * 32 + "]" * 32 + "}"]
)
def test_json_that_is_nested_too_deeply_is_a_parse_error(body: str, client: Client) -> None:
    response = client.generic("POST", "/api/echo", body, "application/json")

    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


@pytest.mark.parametrize("body", [r'{"\ud800": 1}', r'{"name": "\ud800"}', r'{"name": ["\udfff"]}'])
def test_half_a_surrogate_pair_is_a_parse_error(body: str, client: Client) -> None:
    response = client.generic("POST", "/api/echo", body, "application/json")

    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


def test_text_of_any_script_passes(client: Client) -> None:
    response = client.generic("POST", "/api/echo", r'{"name": "\ud83c\udfce ü"}', "application/json")

    assert response.json() == {"name": "🏎 ü"}


def test_a_body_over_the_limit_is_too_large(client: Client, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 20

    fits, exceeds = (
        client.generic("POST", "/api/echo", f'{{"name": "{name}"}}', "application/json") for name in ("a" * 8, "a" * 9)
    )

    assert (fits.status_code, exceeds.status_code) == (200, 413)
    assert exceeds.json() == {
        "type": "about:blank",
        "title": "The request is too large",
        "status": 413,
        "detail": "The body is larger than what is taken here.",
        "code": "payload_too_large",
    }
