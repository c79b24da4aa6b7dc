"""Errors and traces, as the servers that they are sent to get them: doubles of Sentry and of a collector."""

import gzip
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.core.conftest import Run

pytestmark = pytest.mark.same_anywhere

SECRET, MAIL, ADDRESS = "Zm9vYmFyYmF6cXV4LXNlY3JldA", "ana@example.com", "203.0.113.7"
HIDDEN = [each.encode() for each in (SECRET, MAIL, ADDRESS)]
ASK = f"""
from unittest.mock import patch
import django
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
client = Client(raise_request_exception=False)
broken = {{"side_effect": RuntimeError("broken")}}
with patch("races.queries.driver_table", **broken), patch("accounts.verification.find_account", **broken):
    for path in ("/accounts/email/verify/{SECRET}/?mail={MAIL}", "/drivers/?search={SECRET}"):
        client.get(path, headers={{"Cookie": "sessionid={SECRET}", "User-Agent": "{SECRET}"}}, REMOTE_ADDR="{ADDRESS}")
END
"""


class Double(ThreadingHTTPServer):
    """Takes whatever is posted, and keeps it by path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.got: list[tuple[str, bytes]] = []


class Taking(BaseHTTPRequestHandler):
    server: Double

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.got.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Quietly."""


@pytest.fixture
def double() -> Iterator[Double]:
    server = Double()
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_errors_go_to_sentry_without_the_address_and_who_asked(run: Run, double: Double) -> None:
    dsn = f"http://key@127.0.0.1:{double.server_port}/1"
    asked = run(
        "-c", ASK.replace("END", "import sentry_sdk; sentry_sdk.flush()"), SENTRY_DSN=dsn, ALLOWED_HOSTS="testserver"
    )

    assert asked.returncode == 0, asked.stderr
    reports = [body for path, body in double.got if path == "/api/1/envelope/"]
    assert [sum(text in body for body in reports) for text in (b"RuntimeError", b"/drivers", b"driver_table")] == [
        2,
        1,
        1,
    ]
    assert [hidden for hidden in HIDDEN for body in reports if hidden in body] == []


def test_traces_go_to_a_collector_without_the_address_and_who_asked(run: Run, double: Double) -> None:
    end = "from opentelemetry import trace; trace.get_tracer_provider().shutdown()"
    url = f"http://127.0.0.1:{double.server_port}"
    asked = run("-c", ASK.replace("END", end), OTEL_EXPORTER_OTLP_ENDPOINT=url, ALLOWED_HOSTS="testserver")

    assert asked.returncode == 0, asked.stderr
    traces = b"".join(body for path, body in double.got if path == "/v1/traces")
    assert b"GET drivers/" in traces
    assert b"fantasy-f1" in traces
    assert [hidden for hidden in HIDDEN if hidden in traces] == []


@pytest.mark.parametrize("name", ["SENTRY_DSN", "OTEL_EXPORTER_OTLP_ENDPOINT"])
def test_without_the_packages_the_start_stops_with_one_line(run: Run, name: str) -> None:
    missing = "import importlib.util as u; u.find_spec = lambda name: None; import django; django.setup()"

    stopped = run("-c", missing, **{name: "http://key@127.0.0.1:9/1"})

    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert stopped.stderr == (
        f"Configuration error: {name} needs the packages of requirements-observability.txt, which are not installed.\n"
    )


def test_without_the_settings_nothing_of_them_is_loaded(run: Run) -> None:
    modules = "('sentry_sdk', 'opentelemetry.instrumentation.django')"
    loaded = f"import sys, django; django.setup(); print([name for name in {modules} if name in sys.modules])"

    assert run("-c", loaded).stdout == "[]\n"
