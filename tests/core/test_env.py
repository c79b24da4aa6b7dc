import re
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from fantasy_f1 import env
from fantasy_f1.core.buckets import Limit
from tests.core.conftest import ROOT, VARIABLES, Run

pytestmark = pytest.mark.same_anywhere

NAME = "A_VARIABLE"


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the variable that the tests read."""
    return lambda value: monkeypatch.setenv(NAME, value)


def refusal(read: Callable[[], Any]) -> str:
    with pytest.raises(SystemExit) as stopped:
        read()
    return str(stopped.value)


def test_text_takes_the_default_where_the_variable_is_missing_or_empty(given: Callable[[str], None]) -> None:
    missing = env.text(NAME, "default")
    given("  ")
    empty = env.text(NAME, "default")
    given(" a value ")

    assert (missing, empty, env.text(NAME, "default")) == ("default", "default", "a value")


def test_text_keeps_a_dollar_sign(given: Callable[[str], None]) -> None:
    given("$secret$")

    assert env.text(NAME) == "$secret$"


@pytest.mark.parametrize(
    ("value", "expected"), [("on", True), ("TRUE", True), ("1", True), ("yes", True), ("off", False), ("0", False)]
)
def test_flag_reads_the_usual_words(value: str, expected: bool, given: Callable[[str], None]) -> None:
    given(value)

    assert env.flag(NAME) is expected


def test_flag_refuses_another_word(given: Callable[[str], None]) -> None:
    given("maybe")

    assert refusal(lambda: env.flag(NAME)) == "Configuration error: A_VARIABLE must be on or off, not 'maybe'."


def test_number_refuses_thousands_of_digits_in_few_words(given: Callable[[str], None]) -> None:
    given("9" * 5000)

    assert len(refusal(lambda: env.number(NAME, 5, low=1, high=100))) < 120


@pytest.mark.parametrize("value", ["1", "42", "100"])
def test_number_reads_whole_numbers_in_its_range(value: str, given: Callable[[str], None]) -> None:
    given(value)

    assert env.number(NAME, 5, low=1, high=100) == int(value)


@pytest.mark.parametrize("value", ["0", "101", "-1", "1.5", "ten", "²"])
def test_number_refuses_anything_else(value: str, given: Callable[[str], None]) -> None:
    given(value)

    assert refusal(lambda: env.number(NAME, 5, low=1, high=100)) == (
        f"Configuration error: A_VARIABLE must be a whole number from 1 to 100, not {value!r}."
    )


def test_choice_is_one_of_its_options(given: Callable[[str], None]) -> None:
    given("b")

    assert env.choice(NAME, "a", ("a", "b")) == "b"
    given("c")
    assert refusal(lambda: env.choice(NAME, "a", ("a", "b"))) == (
        "Configuration error: A_VARIABLE must be one of a, b, not 'c'."
    )


def test_names_splits_at_commas(given: Callable[[str], None]) -> None:
    default = env.names(NAME, ["one"])
    given("one, two,,three ")

    assert (default, env.names(NAME, [])) == (["one"], ["one", "two", "three"])


def test_origins_are_as_browsers_send_them(given: Callable[[str], None]) -> None:
    assert env.origins(NAME) == []
    given("https://App.example.com, http://localhost:3000,https://[::1]:8443")

    assert env.origins(NAME) == ["https://app.example.com", "http://localhost:3000", "https://[::1]:8443"]


@pytest.mark.parametrize(
    "value",
    [
        "*",
        "null",
        "app.example.com",
        "ftp://app.example.com",
        "https://",
        "https://app.example.com/",
        "https://app.example.com/app",
        "https://app.example.com?a",
        "https://me@app.example.com",
        "https://app.example.com:0",
        "https://app.example.com:port",
        "https://äpp.example.com",
        "https://[::1",
        "https://a b",
    ],
)
def test_origins_refuses_what_is_none(value: str, given: Callable[[str], None]) -> None:
    given(f"https://app.example.com,{value}")

    assert refusal(lambda: env.origins(NAME)) == (
        "Configuration error: A_VARIABLE must have origins such as https://app.example.com, without a path, "
        f"not {value!r}."
    )


def test_names_refuses_commas_alone(given: Callable[[str], None]) -> None:
    given(" , ")

    assert refusal(lambda: env.names(NAME, ["one"])) == (
        "Configuration error: A_VARIABLE has only commas: leave it empty, or give names."
    )


@pytest.mark.parametrize(
    ("value", "expected"), [("20/30s", Limit(20, 30)), ("1/5m", Limit(1, 300)), ("100000/24h", Limit(100_000, 86_400))]
)
def test_limit_is_a_number_in_a_time(value: str, expected: Limit, given: Callable[[str], None]) -> None:
    given(value)

    assert env.limit(NAME, "5/1m") == expected


@pytest.mark.parametrize(
    "value",
    ["20", "20/m", "20/5", "20/5d", "0/5m", "20/0s", "100001/1m", "1/25h", "-1/5m", "1.5/1m", f"2/1m {'x' * 99}"],
)
def test_limit_refuses_anything_else(value: str, given: Callable[[str], None]) -> None:
    given(value)

    assert refusal(lambda: env.limit(NAME, "5/1m")) == (
        "Configuration error: A_VARIABLE must be a number up to 100000 and a time up to 24h, such as 20/30s, 20/5m or "
        f"20/1h, not {value[:40]!r}."
    )


def test_networks_are_addresses_and_ranges(given: Callable[[str], None]) -> None:
    nothing = env.networks(NAME)
    given("127.0.0.1, 10.0.0.0/8,::1")

    assert nothing == []
    assert env.networks(NAME) == [ip_network("127.0.0.1/32"), ip_network("10.0.0.0/8"), ip_network("::1/128")]


@pytest.mark.parametrize("value", ["proxy", "10.0.0.1/8", "10.0.0.0/33", "*"])
def test_networks_refuse_what_is_none(value: str, given: Callable[[str], None]) -> None:
    given(f"127.0.0.1,{value}")

    assert refusal(lambda: env.networks(NAME)) == (
        "Configuration error: A_VARIABLE must be IP addresses or networks such as 127.0.0.1,10.0.0.0/8, "
        f"and {value!r} is none."
    )


def test_web_address_drops_the_last_slash(given: Callable[[str], None]) -> None:
    given("https://f1.example.com/")

    assert env.web_address(NAME, "") == "https://f1.example.com"


@pytest.mark.parametrize(
    "value",
    [
        "f1.example.com",
        "ftp://f1.example.com",
        "http://",
        "http://h:port",
        "http://[::1",
        "http://a b",
        "http://a/\u200b",
    ],
)
def test_web_address_refuses_what_is_none(value: str, given: Callable[[str], None]) -> None:
    given(value)

    assert refusal(lambda: env.web_address(NAME, "")) == (
        f"Configuration error: A_VARIABLE must be an http or https address, not {value!r}."
    )


def test_database_reads_postgres_and_sqlite_addresses(given: Callable[[str], None]) -> None:
    given("postgres://me:secret@db:5433/f1")
    server = env.database(NAME, "")
    given("sqlite:////data/f1.sqlite3")
    file = env.database(NAME, "")

    assert (server["ENGINE"], server["HOST"], server["PORT"], server["NAME"], server["PASSWORD"]) == (
        "django.db.backends.postgresql",
        "db",
        5433,
        "f1",
        "secret",
    )
    assert (file["ENGINE"], file["NAME"]) == ("django.db.backends.sqlite3", "/data/f1.sqlite3")


def test_database_refuses_other_kinds(given: Callable[[str], None]) -> None:
    given("mysql://db/f1")

    assert refusal(lambda: env.database(NAME, "")) == (
        "Configuration error: A_VARIABLE must start with postgres:// or sqlite://."
    )


@pytest.mark.parametrize("value", ["postgres://me:sec/ret@db/f1", "postgres://db", "postgres://db:port/f1"])
def test_database_refuses_a_broken_address_without_repeating_it(value: str, given: Callable[[str], None]) -> None:
    given(value)

    assert refusal(lambda: env.database(NAME, "")) == (
        "Configuration error: A_VARIABLE is not an address such as postgres://user:secret@host:5432/name."
    )


def test_service_is_an_address_whose_packages_are_installed_or_nothing(given: Callable[[str], None]) -> None:
    given("")
    assert env.service(NAME, "no_such_module") == ""
    given("https://key@sentry.example.com/1")
    assert env.service(NAME, "json") == "https://key@sentry.example.com/1"
    assert "requirements-observability.txt" in refusal(lambda: env.service(NAME, "no_such_module"))
    for wrong in ("ftp://sentry.example.com", "http://:4318", "https:///1"):
        given(wrong)
        assert "must be an address" in refusal(lambda: env.service(NAME, "json"))


def test_redis_is_an_address_or_nothing(given: Callable[[str], None]) -> None:
    nothing = env.redis(NAME)
    given("redis://localhost:6379/0")
    address = env.redis(NAME)
    given("localhost:6379")

    assert (nothing, address) == ("", "redis://localhost:6379/0")
    assert refusal(lambda: env.redis(NAME)) == (
        "Configuration error: A_VARIABLE must start with redis:// or rediss://."
    )


@pytest.mark.parametrize(
    "value", ["redis://:secret@localhost:abc/0", "redis://h:99999/0", "redis://h/zero", "redis://["]
)
def test_redis_refuses_a_broken_address_without_repeating_it(value: str, given: Callable[[str], None]) -> None:
    given(value)

    assert refusal(lambda: env.redis(NAME)) == (
        "Configuration error: A_VARIABLE is not an address such as redis://localhost:6379/0."
    )


def test_email_reads_a_mail_server(given: Callable[[str], None]) -> None:
    given("smtp+tls://me:secret@mail:587")
    server = env.email(NAME, "consolemail://")

    assert (server["EMAIL_HOST"], server["EMAIL_PORT"], server["EMAIL_USE_TLS"]) == ("mail", 587, True)


@pytest.mark.parametrize("value", ["mail.example.com", "pigeon://mail", "smtp://mail:port"])
def test_email_refuses_what_is_no_mail_address(value: str, given: Callable[[str], None]) -> None:
    given(value)

    assert refusal(lambda: env.email(NAME, "consolemail://")) == (
        "Configuration error: A_VARIABLE is not a mail address such as smtp+tls://user:secret@host:587 or "
        "consolemail://."
    )


def test_folder_is_made(tmp_path: Path) -> None:
    folder = env.folder(NAME, tmp_path / "a" / "b")

    assert folder.is_dir()


def test_folder_refuses_a_place_that_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    assert refusal(lambda: env.folder(NAME, file)) == (
        f"Configuration error: A_VARIABLE {file} cannot be used: File exists."
    )


def test_folder_refuses_a_place_where_nothing_can_be_made() -> None:
    assert refusal(lambda: env.folder(NAME, Path("/proc"))).startswith(
        "Configuration error: A_VARIABLE /proc cannot be used: "
    )


def test_file_is_in_a_folder_that_is_there(tmp_path: Path) -> None:
    assert env.file(NAME, tmp_path / "db") == tmp_path / "db"
    assert refusal(lambda: env.file(NAME, tmp_path)).endswith(f"{tmp_path} cannot be used: Is a directory.")
    assert refusal(lambda: env.file(NAME, tmp_path / "a" / "b")).endswith("b cannot be used: No such directory.")


def test_secret_says_where_it_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "no text").write_bytes(b"\xff" * 40)

    for file, why in ((tmp_path / "no" / "key", "No such file or directory"), (tmp_path / "no text", "it is not text")):
        assert refusal(lambda file=file: env.secret(NAME, fallback_file=file)) == (  # type: ignore[misc]
            f"Configuration error: A_VARIABLE cannot be kept in {file}: {why}."
        )


def test_secret_makes_one_and_keeps_it(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"

    first, second = (env.secret(NAME, fallback_file=file) for _ in range(2))

    assert first == second == file.read_text()
    assert len(first) >= 32
    assert file.stat().st_mode & 0o777 == 0o600


def test_push_key_is_made_once_given_or_none(given: Callable[[str], None], tmp_path: Path) -> None:
    file = tmp_path / "vapid.key"

    made, again = (env.push_key(NAME, fallback_file=file) for _ in range(2))
    none = env.push_key(NAME, fallback_file=None)
    given(made)

    assert made == again == file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert none == ""
    assert env.push_key(NAME, fallback_file=None) == made


@pytest.mark.parametrize("value", ["short", "A" * 43, "_" * 43, "ä" * 43, "x" * 44])
def test_push_key_refuses_what_is_none(given: Callable[[str], None], value: str) -> None:
    given(value)

    assert refusal(lambda: env.push_key(NAME, fallback_file=None)) == (
        "Configuration error: A_VARIABLE is no key: manage.py vapid_key prints one."
    )


def test_secret_must_be_given_where_none_may_be_made() -> None:
    assert refusal(lambda: env.secret(NAME, fallback_file=None)) == (
        "Configuration error: A_VARIABLE must be set (at least 32 random characters)."
    )


def test_secret_refuses_a_short_one(given: Callable[[str], None]) -> None:
    given("x" * 31)

    assert refusal(lambda: env.secret(NAME, fallback_file=None)) == (
        "Configuration error: A_VARIABLE must have at least 32 characters."
    )


def test_load_file_lets_the_environment_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("# comment\nA_VARIABLE=from the file\nB_VARIABLE=from the file\n")
    monkeypatch.setenv(NAME, "from the environment")
    monkeypatch.setenv("B_VARIABLE", "to be restored")
    monkeypatch.delenv("B_VARIABLE")

    env.load_file(file)
    env.load_file(tmp_path / "missing")

    assert (env.text(NAME), env.text("B_VARIABLE")) == ("from the environment", "from the file")


def test_load_file_takes_quotes_and_blanks_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("A_VARIABLE=\"a # b\"  \nB_VARIABLE='c'\t\nC_VARIABLE=d#e\n")
    for name in (NAME, "B_VARIABLE", "C_VARIABLE"):
        monkeypatch.setenv(name, "to be restored")
        monkeypatch.delenv(name)

    env.load_file(file)

    assert [env.text(name) for name in (NAME, "B_VARIABLE", "C_VARIABLE")] == ["a # b", "c", "d#e"]


@pytest.mark.parametrize("value", ['"a value" # a comment', "'a value' # a comment", '"open'])
def test_load_file_refuses_what_comes_after_a_quoted_value(value: str, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(f"A_VARIABLE={value}\n")

    assert refusal(lambda: env.load_file(file)) == (
        "Configuration error: A_VARIABLE must end with its quote in .env; a comment goes on a line of its own."
    )


def test_load_file_refuses_what_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"A_VARIABLE=\xe9\n")

    assert refusal(lambda: env.load_file(file)) == "Configuration error: .env is not text in UTF-8."


POSTGRES = {"DATABASE_URL": "postgres://me@db/f1", "SECRET_KEY": "x" * 40, "JWT_SIGNING_KEY": "y" * 40}


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("PORT", {"PORT": "http"}),
        ("PORT", {"PORT": "9" * 5000}),
        ("BASE_URL", {"BASE_URL": "http://a b"}),
        ("ALLOWED_HOSTS", {"ALLOWED_HOSTS": ","}),
        ("DATABASE_URL", {"DATABASE_URL": "sqlite:////nodir/x.sqlite3"}),
        ("REDIS_URL", {"REDIS_URL": "redis://localhost:abc/0"}),
        ("DATA_DIR", {"DATA_DIR": "/proc"}),
        ("DEBUG", {"DEBUG": "perhaps"}),
        ("LOG_FORMAT", {"LOG_FORMAT": "xml"}),
        ("DATABASE_URL", {"DATABASE_URL": "oracle://db"}),
        ("REDIS_URL", {"REDIS_URL": "localhost"}),
        ("F1_API_URL", {"F1_API_URL": "api.example.com"}),
        ("DATA_DIR", {"DATA_DIR": "/dev/null"}),
        ("SECRET_KEY", POSTGRES | {"SECRET_KEY": ""}),
        ("JWT_SIGNING_KEY", POSTGRES | {"JWT_SIGNING_KEY": "x" * 40}),
        ("GAME_CLOCK", POSTGRES | {"GAME_CLOCK": "on"}),
        ("DEMO", {"DEMO": "on"}),
        ("TRUSTED_PROXIES", {"TRUSTED_PROXIES": "proxy.example.com"}),
        ("RATE_LIMITS", {"RATE_LIMITS": "20/5m"}),
        ("RATE_LIMIT_READS", {"RATE_LIMIT_READS": "off"}),
        ("RATE_LIMIT_WRITES", {"RATE_LIMIT_WRITES": "0/1m"}),
        ("RATE_LIMIT_AUTH_ADDRESS", {"RATE_LIMIT_AUTH_ADDRESS": "20"}),
        ("RATE_LIMIT_AUTH_ACCOUNT", {"RATE_LIMIT_AUTH_ACCOUNT": "20/5"}),
        ("RATE_LIMIT_MAIL", {"RATE_LIMIT_MAIL": "5/1d"}),
        ("RATE_LIMIT_CHAT", {"RATE_LIMIT_CHAT": "many"}),
        ("METRICS_DIR", {"METRICS_DIR": "/dev/null/metrics"}),
        ("SENTRY_DSN", {"SENTRY_DSN": "sentry.example.com"}),
        ("SENTRY_DSN", {"SENTRY_DSN": "https://sentry.example.com/1"}),
        ("SENTRY_DSN", {"SENTRY_DSN": "https://key@sentry.example.com"}),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}),
    ],
)
def test_a_wrong_variable_stops_the_start_with_one_line_that_names_it(
    name: str, variables: dict[str, str], run: Run
) -> None:
    check = run("manage.py", "check", **variables)

    assert (check.returncode, check.stdout) == (1, "")
    assert re.fullmatch(rf"Configuration error: {name} [^\n]+\n", check.stderr)


def test_every_variable_is_in_the_example_and_in_the_docs() -> None:
    read = set(re.findall(r'env\.[a-z_]+\(\s*"([A-Z0-9_]+)"', (ROOT / "fantasy_f1" / "settings.py").read_text()))
    documented = set(re.findall(r"^\| `([A-Z0-9_]+)`", (ROOT / "docs" / "configuration.md").read_text(), re.MULTILINE))

    assert (set(VARIABLES), documented) == (read, read)
