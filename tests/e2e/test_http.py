"""Whatever is sent to the API over real connections, it answers like HTTP, and in one shape."""

import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pytest_django.live_server_helper import LiveServer

ADDRESSES = [
    "/api",
    "/api/v1/nothing",
    "/api/v1/auth/login",
    "/api/v1/auth/me",
    "/api/v1/drivers",
    "/api/v1/leagues",
    "/api/v1/leagues/1",
    "/api/v1/leagues/1/join",
    "/api/v1/leagues/1/drafts/1",
    "/api/v1/constructors/1/drafts/1/picks",
    "/api/schema/",
]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]
MEDIA_TYPES = [
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "/",
]
HEADERS = [
    "Accept",
    "Authorization",
    "Cookie",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Origin",
    "X-Request-ID",
]

header_text = some.text(some.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40)
query = some.text(some.characters(min_codepoint=1, max_codepoint=0x2FFF), max_size=30).map(quote) | some.binary(
    max_size=20
).map(quote)
json_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20),
    lambda values: some.lists(values, max_size=3) | some.dictionaries(some.text(max_size=10), values, max_size=3),
    max_leaves=8,
)
bodies = some.just(b"") | some.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode())


@pytest.mark.django_db(transaction=True)
@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=some.sampled_from(METHODS),
    address=some.sampled_from(ADDRESSES),
    query=query,
    media_type=some.sampled_from(MEDIA_TYPES),
    headers=some.dictionaries(some.sampled_from(HEADERS), header_text.map(str.strip), max_size=3),
    body=bodies,
)
def test_whatever_is_asked_is_answered_in_one_shape(
    live_server: LiveServer,
    method: str,
    address: str,
    query: str,
    media_type: str,
    headers: dict[str, str],
    body: bytes,
) -> None:
    connection = http.client.HTTPConnection(urlsplit(live_server.url).netloc, timeout=10)
    sent: dict[str, Any] = {name: value.encode("latin-1") for name, value in headers.items()}
    connection.request(method, f"{address}?q={query}", body, {"Content-Type": media_type, **sent})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()

    assert answer.status < 500
    assert answer.headers["X-Request-ID"]
    assert b"Traceback" not in content
    if answer.status >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Cache-Control"] == "no-store"
        assert method == "HEAD" or json.loads(content)["status"] == answer.status
    if answer.status == 401:
        assert answer.headers["WWW-Authenticate"]
    if answer.status == 405:
        assert answer.headers["Allow"]
    if method == "OPTIONS" and answer.status < 400:
        assert (answer.status, content) == (204, b"")
