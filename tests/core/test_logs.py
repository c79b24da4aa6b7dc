import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog
from django.test import Client

from fantasy_f1.core.logs import logging_config
from tests.core.conftest import Run


@pytest.fixture
def lines(request: pytest.FixtureRequest) -> Iterator[StringIO]:
    """What the loggers "test" and "django.request" write in the form that the test names."""
    form = logging_config(request.param, "INFO")["formatters"]["lines"]
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(form.pop("()")(**form))
    loggers = [logging.getLogger(name) for name in ("test", "django.request")]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    yield stream
    for logger in loggers:
        logger.removeHandler(handler)
        logger.propagate = True


def entries(lines: StringIO) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    for entry in found:
        assert entry.pop("timestamp").endswith("Z")
    return found


@pytest.mark.parametrize("lines", ["json"], indirect=True)
def test_json_lines_have_the_requests_id_however_they_were_logged(lines: StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        structlog.get_logger("test").warning("synced", created=3)
        logging.getLogger("test").warning("read %s rows", 7)

    common = {"level": "warning", "logger": "test", "request_id": "abc"}
    assert entries(lines) == [{"event": "synced", "created": 3} | common, {"event": "read 7 rows"} | common]


@pytest.mark.django_db
@pytest.mark.urls("tests.core.views")
@pytest.mark.parametrize(
    "path", ["/nothing", "/api/v1/nothing", "/api/errors/rule", "/pages/rule", "/?%00", "/pages/bug"]
)
@pytest.mark.parametrize("lines", ["json"], indirect=True)
def test_lines_about_refused_requests_have_their_ids(lines: StringIO, client: Client, path: str) -> None:
    client.raise_request_exception = False

    response = client.get(path)

    assert [entry["request_id"] for entry in entries(lines)] == [response["X-Request-ID"]]


@pytest.mark.parametrize("lines", ["json"], indirect=True)
def test_json_puts_a_traceback_into_its_line(lines: StringIO) -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        structlog.get_logger("test").exception("failed")

    (entry,) = entries(lines)
    assert entry["exception"].endswith("ValueError: broken")


@pytest.mark.parametrize("lines", ["console"], indirect=True)
def test_console_lines_are_for_people(lines: StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        structlog.get_logger("test").warning("synced", created=3)

    moment, *words = lines.getvalue().split()
    assert moment.endswith("Z")
    assert " ".join(words) == "[warning ] synced [test] created=3 request_id=abc"


def test_the_known_warning_about_static_files_is_dropped() -> None:
    drops = logging_config("console", "INFO")["filters"]["async_whitenoise"]["()"]()
    texts = ["Warning: StreamingHttpResponse must consume synchronous iterators in order to serve them", "Another"]

    kept = [drops.filter(logging.makeLogRecord({"msg": text})) for text in texts]

    assert kept == [False, True]


@pytest.mark.parametrize(
    ("level", "celery"), [("DEBUG", "DEBUG"), ("INFO", "WARNING"), ("WARNING", "WARNING"), ("ERROR", "ERROR")]
)
def test_celery_is_quiet_unless_asked(level: str, celery: str) -> None:
    assert logging_config("json", level)["loggers"]["celery"] == {"level": celery}


@pytest.mark.same_anywhere
def test_the_app_logs_in_the_chosen_form(run: Run) -> None:
    log = "import django, structlog; django.setup(); structlog.get_logger('app').error('hello', n=1)"

    entry = json.loads(run("-c", log, LOG_FORMAT="json").stderr)

    assert {name: entry[name] for name in ("event", "n", "level", "logger")} == {
        "event": "hello",
        "n": 1,
        "level": "error",
        "logger": "app",
    }
    assert "hello" not in run("-c", log.replace("error", "info"), LOG_FORMAT="json", LOG_LEVEL="WARNING").stderr
