import json
import re

import pytest
from django.test import Client


def test_the_schema_is_openapi_and_open_to_all(client: Client) -> None:
    response = client.get("/api/schema/", headers={"Accept": "application/json"})

    schema = json.loads(response.content)
    assert (response.status_code, schema["openapi"], schema["info"]["title"]) == (200, "3.1.0", "Fantasy F1")


def test_the_viewer_and_all_it_loads_come_from_here(client: Client) -> None:
    page = client.get("/api/docs/")

    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    answers = {address: client.get(address).status_code for address in addresses}
    assert page.status_code == 200
    assert len(addresses) == 5
    assert all(address.startswith("/") for address in addresses)
    assert set(answers.values()) == {200}


def test_the_viewers_script_asks_no_outside_validator(client: Client) -> None:
    script = client.get("/api/docs/?script=").content.decode()

    assert '"validatorUrl": null' in script
    assert "http://" not in script.replace('"http"', "")
    assert "https://" not in script


@pytest.mark.django_db
def test_only_the_viewer_may_use_inline_styles(client: Client) -> None:
    docs, home = (client.get(path)["Content-Security-Policy"] for path in ("/api/docs/", "/health"))

    assert "style-src 'self' 'unsafe-inline'" in docs
    assert "unsafe-inline" not in docs.replace("style-src 'self' 'unsafe-inline'", "")
    assert "unsafe" not in home
    assert "default-src 'self'" in home


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "NONSENSE"])
@pytest.mark.parametrize("path", ["/api/docs/", "/api/schema/"])
def test_they_can_be_read_only(path: str, method: str, client: Client) -> None:
    response = client.generic(method, path)

    assert response.status_code == (204 if method == "OPTIONS" else 405)
    assert {"GET", "HEAD"} <= set(response["Allow"].split(", ")) <= {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("accept", ["application/json", "image/png", "nonsense", ""])
def test_the_viewer_answers_whatever_is_accepted(accept: str, client: Client) -> None:
    assert client.get("/api/docs/", headers={"Accept": accept}).status_code in {200, 406}
