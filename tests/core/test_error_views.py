import pytest
from django.test import Client
from pytest_django import Settings

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.views")]


@pytest.fixture(autouse=True)
def _bugs_are_answered(client: Client) -> None:
    client.raise_request_exception = False


@pytest.mark.parametrize("path", ["/api", "/api/nothing", "/api/v1/nothing", "/api/v1/drivers/"])
def test_an_unknown_api_path_is_a_problem(path: str, client: Client) -> None:
    response = client.get(path)

    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert response.json() == {
        "type": "about:blank",
        "title": "Not found",
        "status": 404,
        "detail": f"There is nothing at {path}.",
        "code": "not_found",
    }


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/pages/missing", 404), ("/pages/bug", 500)])
def test_other_errors_are_pages(path: str, status: int, client: Client) -> None:
    response = client.get(path)

    assert (response.status_code, response["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert response.templates[0].name == f"{status}.html"


def test_a_host_that_is_not_ours_is_refused_as_page_and_as_problem(client: Client) -> None:
    page = client.get("/", headers={"Host": "elsewhere.example"})
    api = client.get("/api/v1/drivers", headers={"Host": "elsewhere.example"})

    assert (page.status_code, page["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert (api.status_code, api.json()["code"]) == (400, "bad_request")


def test_a_form_over_the_limit_is_too_large(client: Client, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    page = client.post("/accounts/register/", {"username": "a" * 100})
    api = client.post("/api/errors/too-large", {"username": "a" * 100})

    assert (page.status_code, page.templates[0].name) == (413, "413.html")
    assert (api.status_code, api.json()["code"]) == (413, "payload_too_large")
