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
from tests.factories import UserFactory


@pytest.fixture(autouse=True)
def _same_structlog_afterwards() -> Iterator[None]:
    """A logger that was used keeps the processors of its time: ``capture_logs`` would miss its lines for ever after."""
    config = structlog.get_config()
    yield
    structlog.configure(**config)


@pytest.fixture
def lines(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """What these loggers write in the form that the test names."""
    config = logging_config(request.param, "INFO")
    form = config["formatters"]["lines"]
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(form.pop("()")(**form))
    for name in ("test", "django.request", "django.security", "fantasy_f1.requests"):
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "handlers", [handler])
        monkeypatch.setattr(logger, "propagate", False)
    requests = logging.getLogger("fantasy_f1.requests")
    level = requests.level
    requests.setLevel(config["loggers"][requests.name]["level"])
    yield stream
    requests.setLevel(level)


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

    assert {entry["request_id"] for entry in entries(lines)} == {response["X-Request-ID"]}


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


def about_requests(lines: StringIO) -> list[dict[str, Any]]:
    return [entry for entry in entries(lines) if entry["event"] == "request"]


@pytest.mark.django_db
@pytest.mark.parametrize("lines", ["json"], indirect=True)
def test_a_finished_request_is_a_line_that_names_the_view_and_who_asked(lines: StringIO, client: Client) -> None:
    user = UserFactory()
    answers = [client.get("/drivers/?search=verst")]
    client.force_login(user)
    answers += [client.get("/accounts/profile/"), client.get("/api/v1/auth/me"), client.post("/drivers/")]
    client.get("/health")

    told = about_requests(lines)
    assert all(entry.pop("ms") >= 0 for entry in told)
    common = {"event": "request", "level": "info", "logger": "fantasy_f1.requests"}
    asked = [
        ("GET", "races:drivers", 200, None),
        ("GET", "accounts:profile", 200, user.pk),
        ("GET", "api-me", 200, user.pk),
        ("POST", "races:drivers", 405, user.pk),
    ]
    assert told == [
        common | {"method": method, "view": view, "status": status, "user": who, "request_id": answer["X-Request-ID"]}
        for (method, view, status, who), answer in zip(asked, answers, strict=True)
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("lines", ["json"], indirect=True)
def test_no_line_tells_a_secret(lines: StringIO, client: Client) -> None:
    secret, mail, password = "Zm9vYmFyYmF6cXV4LXNlY3JldA", "ana@example.com", "lights-out-2026"
    client.get(f"/accounts/password/reset/MQ/{secret}/")
    client.get(f"/accounts/email/verify/{secret}/")
    client.post(f"/accounts/email/verify/{secret}/")
    client.get("/join/QRSTUVWX/")
    client.get(f"/nowhere/{secret}.ics?token={secret}")
    client.delete(f"/accounts/email/verify/{secret}/")
    client.post("/accounts/login/", {"username": mail, "password": password})
    client.post("/api/v1/auth/login", {"username": mail, "password": password}, "application/json")
    client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {secret}"})

    text = lines.getvalue()
    told = {entry["event"] for entry in entries(lines)}
    assert told >= {"Not Found: /nowhere/…", "Not Found: /join/…/", "request"}
    assert [word for word in (secret, mail, password, "QRSTUVWX") if word in text] == []


def test_the_console_is_not_filled_with_requests() -> None:
    levels = {
        (form, level): logging_config(form, level)["loggers"]["fantasy_f1.requests"]["level"]
        for form in ("console", "json")
        for level in ("DEBUG", "INFO", "ERROR")
    }

    assert levels == {
        ("console", "DEBUG"): "DEBUG",
        ("console", "INFO"): "WARNING",
        ("console", "ERROR"): "WARNING",
        ("json", "DEBUG"): "DEBUG",
        ("json", "INFO"): "INFO",
        ("json", "ERROR"): "ERROR",
    }
