import json

import pytest

from tests.core.conftest import Run

pytestmark = pytest.mark.same_anywhere

SHOW = """
import json, django
from django.conf import settings
django.setup()
names = %r
print(json.dumps({name: getattr(settings, name) for name in names}, default=str))
"""
PRODUCTION = {
    "DATABASE_URL": "postgres://me:secret@db:5432/f1",
    "REDIS_URL": "redis://cache:6379/0",
    "SECRET_KEY": "x" * 40,
    "JWT_SIGNING_KEY": "y" * 40,
    "BASE_URL": "https://f1.example.com",
    "ALLOWED_HOSTS": "f1.example.com",
}


def settings(run: Run, names: list[str], **variables: str) -> dict[str, object]:
    shown = run("-c", SHOW % names, **variables)
    assert shown.stderr == ""
    values: dict[str, object] = json.loads(shown.stdout)
    return values


def test_without_any_variable_everything_is_in_one_process(run: Run) -> None:
    names = ["EMBEDDED", "DEBUG", "CELERY_BROKER_URL", "CACHES", "WHITENOISE_USE_FINDERS", "BASE_URL", "HOST", "PORT"]

    assert settings(run, names) == {
        "EMBEDDED": True,
        "DEBUG": False,
        "CELERY_BROKER_URL": "memory://localhost/",
        "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        "WHITENOISE_USE_FINDERS": True,
        "BASE_URL": "http://localhost:8000",
        "HOST": "127.0.0.1",
        "PORT": 8000,
    }


def test_sqlite_waits_for_its_lock_and_survives_a_power_cut(run: Run) -> None:
    databases = settings(run, ["DATABASES"])["DATABASES"]

    assert isinstance(databases, dict)
    assert databases["default"]["OPTIONS"] == {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }


def test_production_uses_its_services_and_secure_cookies(run: Run) -> None:
    names = ["EMBEDDED", "CELERY_BROKER_URL", "CACHES", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "ALLOWED_HOSTS"]

    values = settings(run, [*names, "SECURE_HSTS_SECONDS", "CSRF_TRUSTED_ORIGINS"], **PRODUCTION)

    assert values == {
        "EMBEDDED": False,
        "CELERY_BROKER_URL": "redis://cache:6379/0",
        "CACHES": {
            "default": {
                "BACKEND": "django_redis.cache.RedisCache",
                "LOCATION": "redis://cache:6379/0",
                "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 1, "IGNORE_EXCEPTIONS": True},
            }
        },
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "ALLOWED_HOSTS": ["f1.example.com"],
        "SECURE_HSTS_SECONDS": 31_536_000,
        "CSRF_TRUSTED_ORIGINS": ["https://f1.example.com"],
    }


def test_a_broker_that_hangs_holds_no_request_up_for_long(run: Run) -> None:
    names = ["CELERY_BROKER_TRANSPORT_OPTIONS", "CELERY_TASK_PUBLISH_RETRY"]

    assert settings(run, names, **PRODUCTION) == {
        "CELERY_BROKER_TRANSPORT_OPTIONS": {
            "socket_connect_timeout": 1,
            "socket_timeout": 3,
            "visibility_timeout": 900,
        },
        "CELERY_TASK_PUBLISH_RETRY": False,
    }


def test_production_pools_its_connections(run: Run) -> None:
    databases = settings(run, ["DATABASES"], **PRODUCTION, DATABASE_POOL="7")["DATABASES"]

    assert isinstance(databases, dict)
    assert databases["default"]["OPTIONS"]["pool"] == {"min_size": 1, "max_size": 7, "timeout": 10}


def test_what_the_address_of_the_database_asks_for_is_kept(run: Run) -> None:
    url = "postgres://f1:secret@db:5432/f1?sslmode=verify-full&connect_timeout=9"
    databases = settings(run, ["DATABASES"], **(PRODUCTION | {"DATABASE_URL": url}))["DATABASES"]

    assert isinstance(databases, dict)
    options = databases["default"]["OPTIONS"]
    assert (options["sslmode"], options["connect_timeout"]) == ("verify-full", 9)
    assert {"pool", "tcp_user_timeout"} < set(options)


def test_production_passes_djangos_own_deployment_checks(run: Run) -> None:
    check = run("manage.py", "check", "--deploy", "--fail-level", "ERROR", **PRODUCTION)

    assert check.returncode == 0, check.stderr


def test_production_collects_static_files_under_hashed_names(run: Run) -> None:
    names = ["STORAGES", "WHITENOISE_USE_FINDERS"]

    assert settings(run, names, **PRODUCTION) == {
        "STORAGES": {
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
        },
        "WHITENOISE_USE_FINDERS": False,
    }


def test_embedded_makes_its_keys_itself_and_keeps_them(run: Run) -> None:
    names = ["SECRET_KEY", "JWT_SIGNING_KEY", "VAPID_PRIVATE_KEY"]

    first, second = settings(run, names), settings(run, names)

    assert first == second
    assert len(set(first.values())) == 3


def test_production_offers_no_pushes_without_a_key(run: Run) -> None:
    assert settings(run, ["VAPID_PRIVATE_KEY"], **PRODUCTION) == {"VAPID_PRIVATE_KEY": ""}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"JWT_SIGNING_KEY": ""}, "must be set (at least 32 random characters)."),
        ({"JWT_SIGNING_KEY": "short"}, "must have at least 32 characters."),
        ({"JWT_SIGNING_KEY": PRODUCTION["SECRET_KEY"]}, "must differ from SECRET_KEY."),
    ],
)
def test_production_needs_a_key_for_tokens_alone(run: Run, changed: dict[str, str], why: str) -> None:
    ended = run("manage.py", "check", **(PRODUCTION | changed))

    assert (ended.returncode, ended.stderr) == (1, f"Configuration error: JWT_SIGNING_KEY {why}\n")


@pytest.mark.parametrize(
    ("variables", "asked"),
    [
        ({}, False),
        ({"EMAIL_URL": "smtp://mail:25"}, True),
        ({"EMAIL_URL": "consolemail://"}, True),
        ({"EMAIL_URL": "smtp://mail:25", "GAME_CLOCK": "on", "DEMO": "on"}, False),
    ],
)
def test_confirmed_addresses_are_asked_for_where_mails_are_sent(
    run: Run, variables: dict[str, str], asked: bool
) -> None:
    assert settings(run, ["EMAIL_VERIFICATION"], **variables) == {"EMAIL_VERIFICATION": asked}
