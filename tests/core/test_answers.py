"""What holds for every answer of the API, whoever gave it."""

import gzip
from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from leagues.models import League
from tests.factories import PASSWORD, LeagueFactory, RaceFactory, SeasonFactory, UserFactory

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"


@pytest.fixture(autouse=True)
def _today(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def user(client: Client) -> User:
    user = UserFactory()
    client.force_login(user)
    return user


def vary(response: HttpResponse) -> set[str]:
    return set(response["Vary"].lower().split(", "))


def summary(response: HttpResponse) -> tuple[int, str, str]:
    return response.status_code, response["Content-Type"], response.json()["code"]


# Errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "x"])
@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/races/", "/api//v1/races", "/api/v2"]
)
def test_an_unknown_path_is_a_problem_for_each_method(
    path: str, method: str, debug: bool, client: Client, settings: Settings
) -> None:
    settings.DEBUG = debug

    response = client.generic(method, path)

    assert summary(response) == (404, PROBLEM, "not_found")
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.urls("tests.core.views")
def test_no_traceback_is_shown_whatever_the_settings(debug: bool, client: Client, settings: Settings) -> None:
    settings.DEBUG, client.raise_request_exception = debug, False

    answers = {
        "bug": client.get("/api/errors/bug"),
        "host": client.get("/api/v1/races", headers={"Host": "elsewhere.example"}),
        "nul": client.get("/api/v1/races?country=%00"),
        "docs": client.post("/api/docs/"),
    }

    assert {name: summary(answer) for name, answer in answers.items()} == {
        "bug": (500, PROBLEM, "server_error"),
        "host": (400, PROBLEM, "bad_request"),
        "nul": (400, PROBLEM, "bad_request"),
        "docs": (405, PROBLEM, "method_not_allowed"),
    }
    assert answers["docs"]["Allow"] == "GET, HEAD"
    assert not any(b"Traceback" in answer.content for answer in answers.values())


def test_a_session_without_its_csrf_token_is_a_problem() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory())

    assert summary(client.post("/api/v1/leagues", {}, "application/json")) == (403, PROBLEM, "permission_denied")


def test_who_is_not_signed_in_is_told_how(client: Client) -> None:
    login = {"username": "nobody", "password": "wrong"}
    answers = [client.get("/api/v1/auth/me"), client.post("/api/v1/auth/login", login, "application/json")]

    assert [(answer.status_code, answer["WWW-Authenticate"]) for answer in answers] == [
        (401, 'Bearer realm="Fantasy F1"')
    ] * 2


def test_what_a_client_does_not_accept_is_a_problem(client: Client) -> None:
    assert summary(client.get("/api/v1/races", headers={"Accept": "text/html"})) == (406, PROBLEM, "not_acceptable")


def test_a_compressed_body_is_of_no_media_type_that_is_taken(client: Client) -> None:
    packed = gzip.compress(b"{}")

    response = client.generic("POST", "/api/v1/auth/login", packed, "application/json", HTTP_CONTENT_ENCODING="gzip")

    assert summary(response) == (415, PROBLEM, "unsupported_media_type")
    assert "Content-Encoding: gzip" in response.json()["detail"]


@pytest.mark.parametrize(
    ("path", "method"), [("auth/login", "POST"), ("nothing", "POST"), ("leagues", "POST"), ("races", "GET")]
)
def test_a_body_over_a_megabyte_is_too_large_anywhere(path: str, method: str, client: Client) -> None:
    response = client.generic(method, f"/api/v1/{path}", b"x" * 1_000_001, "application/json")

    assert summary(response) == (413, PROBLEM, "payload_too_large")


def test_a_problem_names_no_more_than_the_beginning_of_a_long_path(client: Client) -> None:
    assert len(client.get("/api/v1/" + "a" * 9000).content) < 500


# Reads ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_read_that_is_still_the_same_is_answered_304(method: str, coding: str, client: Client, user: User) -> None:
    LeagueFactory.create_batch(3)
    accepts = {"Accept-Encoding": coding}
    read = client.get("/api/v1/leagues", headers=accepts)

    again = getattr(client, method)("/api/v1/leagues", headers={**accepts, "If-None-Match": read["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    same = ["ETag", "Cache-Control", "Vary"]
    assert [again[name] for name in same] == [read[name] for name in same]
    assert "Content-Type" not in again
    assert "X-Request-ID" in again


def test_a_tag_is_the_same_however_the_answer_is_written_or_sent(client: Client) -> None:
    SeasonFactory()
    RaceFactory()
    variants = [{}, {"Accept-Encoding": "gzip"}, {"Accept": "application/json; indent=8"}]

    tags = {client.get("/api/v1/races", headers=headers)["ETag"] for headers in variants}

    assert len(tags) == 1
    assert tags == {client.head("/api/v1/races")["ETag"]}


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("{}", 304),
        ('"other", {}', 304),
        ("strong", 304),
        ("*", 304),
        ('W/"other"', 200),
        ("nonsense,,", 200),
        ("", 200),
    ],
)
def test_a_tag_is_looked_for_among_those_given(given: str, status: int, client: Client) -> None:
    tag = client.get("/api/v1/races")["ETag"]
    header = tag.removeprefix("W/") if given == "strong" else given.replace("{}", tag)

    assert client.get("/api/v1/races", headers={"If-None-Match": header}).status_code == status


def test_what_has_changed_is_answered_anew(client: Client) -> None:
    league = LeagueFactory()
    tag = client.get(f"/api/v1/leagues/{league.pk}")["ETag"]

    League.objects.filter(pk=league.pk).update(name="Another")

    again = client.get(f"/api/v1/leagues/{league.pk}", headers={"If-None-Match": tag})
    assert (again.status_code, again.json()["name"]) == (200, "Another")
    assert again["ETag"] != tag


def test_each_reader_has_tags_of_their_own(client: Client) -> None:
    league = LeagueFactory()
    before = client.get(f"/api/v1/leagues/{league.pk}")["ETag"]

    client.force_login(league.creator)  # who sees the code

    assert client.get(f"/api/v1/leagues/{league.pk}", headers={"If-None-Match": before}).status_code == 200


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("races", "public, max-age=60"),
        ("drivers", "public, max-age=60"),
        ("leagues", "private, no-cache"),
        ("constructors", "private, no-cache"),
        ("auth/me", "private, no-cache"),
        ("races/999999", "no-store"),
        ("races?status=x", "no-store"),
    ],
)
def test_caches_are_told_what_may_be_kept(path: str, kept: str, client: Client, user: User) -> None:
    response = client.get(f"/api/v1/{path}")

    assert response["Cache-Control"] == kept
    if kept != "no-store":
        assert {"authorization", "cookie", "accept-encoding"} <= vary(response)


def test_the_description_may_be_kept(client: Client) -> None:
    response = client.get("/api/schema/")

    assert response["Cache-Control"] == "public, max-age=60"
    assert client.get("/api/schema/", headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_a_minute_of_keeping_is_not_for_errors(client: Client) -> None:
    assert client.get("/api/v1/races?page=99")["Cache-Control"] == "no-store"


def test_tokens_are_neither_kept_nor_compressed(client: Client) -> None:
    user = UserFactory()
    login = {"username": user.username, "password": PASSWORD}

    response = client.post("/api/v1/auth/login", login, "application/json", headers={"Accept-Encoding": "gzip"})

    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert len(response.content) > 200
    assert "Content-Encoding" not in response
    assert "ETag" not in response


def test_long_answers_are_compressed_and_short_ones_not(client: Client) -> None:
    packed = {"Accept-Encoding": "gzip"}
    short = client.get("/api/v1/races", headers=packed)
    RaceFactory.create_batch(2)
    long, plain = client.get("/api/v1/races", headers=packed), client.get("/api/v1/races")

    assert "Content-Encoding" not in short
    assert long["Content-Encoding"] == "gzip"
    assert gzip.decompress(long.content) == plain.content
    assert all("accept-encoding" in vary(answer) for answer in (short, long, plain))


def test_a_head_has_the_headers_of_its_read(client: Client, user: User) -> None:
    LeagueFactory()
    own = {"X-Request-ID": "same-for-both"}
    read, asked = client.get("/api/v1/leagues", headers=own), client.head("/api/v1/leagues", headers=own)

    assert asked.content == b""
    assert dict(asked.headers) == dict(read.headers)


# OPTIONS ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("leagues", "GET, HEAD, OPTIONS, POST"),
        ("leagues/1", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("leagues/1/join", "OPTIONS, POST"),
        ("leagues/1/drafts/1", "GET, HEAD, OPTIONS, PATCH"),
        ("auth/me", "GET, HEAD, OPTIONS"),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
def test_anybody_may_ask_for_the_methods_of_an_address(
    path: str, allowed: str, headers: dict[str, str], client: Client
) -> None:
    response = client.options(f"/api/v1/{path}", headers=headers)

    assert (response.status_code, response.content, response["Allow"]) == (204, b"", allowed)
    assert "Content-Length" not in response


def test_pages_have_their_own_answers(client: Client) -> None:
    response = client.options("/races/")

    assert response.status_code == 405


# CORS -------------------------------------------------------------------------------------------

OURS, THEIRS = "https://app.example.com", "https://elsewhere.example"


@pytest.fixture
def _cors(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = [OURS]


@pytest.mark.usefixtures("_cors")
@pytest.mark.parametrize("path", ["auth/me", "leagues", "leagues/1/join", "nothing"])
def test_a_page_of_an_allowed_origin_may_ask_what_it_may_send(path: str, client: Client) -> None:
    response = client.options(
        f"/api/v1/{path}",
        headers={
            "Origin": OURS,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization,if-match",
        },
    )

    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, OURS)
    assert "PATCH" in response["Access-Control-Allow-Methods"].split(", ")
    allowed = set(response["Access-Control-Allow-Headers"].lower().split(", "))
    assert allowed == {"authorization", "content-type", "if-match", "if-none-match", "idempotency-key", "x-request-id"}
    assert "Access-Control-Allow-Credentials" not in response


@pytest.mark.usefixtures("_cors")
@pytest.mark.parametrize(
    ("path", "status"), [("races", 200), ("auth/me", 401), ("nothing", 404), ("races?status=x", 400)]
)
def test_answers_and_errors_can_be_read_by_allowed_origins_alone(path: str, status: int, client: Client) -> None:
    ours, theirs = (client.get(f"/api/v1/{path}", headers={"Origin": origin}) for origin in (OURS, THEIRS))

    assert (ours.status_code, ours["Access-Control-Allow-Origin"]) == (status, OURS)
    exposed = set(ours["Access-Control-Expose-Headers"].split(", "))
    assert {"ETag", "Location", "Retry-After", "X-Request-ID", "Idempotent-Replayed"} <= exposed
    assert "origin" in vary(ours)
    assert "Access-Control-Allow-Origin" not in theirs


@pytest.mark.usefixtures("_cors")
def test_an_answer_304_can_be_read_by_an_allowed_origin(client: Client) -> None:
    tag = client.get("/api/v1/races")["ETag"]

    response = client.get("/api/v1/races", headers={"Origin": OURS, "If-None-Match": tag})

    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (304, OURS)


@pytest.mark.usefixtures("_cors")
def test_pages_are_not_for_other_origins(client: Client) -> None:
    assert "Access-Control-Allow-Origin" not in client.get("/health", headers={"Origin": OURS})


def test_without_a_setting_no_origin_may_use_the_api(client: Client) -> None:
    assert "Access-Control-Allow-Origin" not in client.get("/api/v1/races", headers={"Origin": OURS})
