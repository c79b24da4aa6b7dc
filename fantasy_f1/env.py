"""Reads the configuration from the environment, and says in one line what is wrong with it.

Every reader raises ``SystemExit`` with the variable's name, so that a wrong value stops the start without a traceback.
"""

import os
import re
import secrets
import tempfile
from base64 import urlsafe_b64decode
from importlib.util import find_spec
from io import StringIO
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from fantasy_f1.core.buckets import LONGEST, MOST_TOKENS, Limit

_env = environ.Env()
_LIMIT = re.compile(r"([0-9]{1,9})/([0-9]{1,9})([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?")
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Keys of the curve that web push uses are smaller."""
_QUOTED = re.compile(r"""(?:export )?(\w+)=(["'])(.*)""")


def refuse(name: str, why: str) -> NoReturn:
    """Stop the start: ``name`` is the variable, ``why`` completes the sentence for the person who set it."""
    raise SystemExit(f"Configuration error: {name} {why}")


def load_file(path: Path) -> None:
    """Read ``path`` (a ``.env`` file) where present; variables that are already set win."""
    if not path.is_file():
        return
    try:
        lines = [line.rstrip() for line in path.read_text("utf-8").splitlines()]
    except OSError as error:
        refuse(path.name, f"cannot be read: {error.strerror}.")
    except UnicodeDecodeError:
        refuse(path.name, "is not text in UTF-8.")
    for line in lines:
        quoted = _QUOTED.fullmatch(line)
        if quoted and not quoted[3].endswith(quoted[2]):
            refuse(quoted[1], f"must end with its quote in {path.name}; a comment goes on a line of its own.")
    _env.read_env(StringIO("\n".join(lines)))


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    value = text(name, "on" if default else "off").lower()
    if value in {"on", "true", "1", "yes"}:
        return True
    if value in {"off", "false", "0", "no"}:
        return False
    refuse(name, f"must be on or off, not {value!r}.")


def number(name: str, default: int, *, low: int, high: int) -> int:
    value = text(name, str(default))
    if not value.isdecimal() or len(value) > 18 or not low <= int(value) <= high:
        refuse(name, f"must be a whole number from {low} to {high}, not {value[:40]!r}.")
    return int(value)


def choice(name: str, default: str, options: tuple[str, ...]) -> str:
    value = text(name, default)
    if value not in options:
        refuse(name, f"must be one of {', '.join(options)}, not {value!r}.")
    return value


def names(name: str, default: list[str]) -> list[str]:
    found = [part.strip() for part in text(name, ",".join(default)).split(",") if part.strip()]
    if default and not found:
        refuse(name, "has only commas: leave it empty, or give names.")
    return found


def limit(name: str, default: str) -> Limit:
    """So many in such a time: ``20/5m`` is 20 at once, all of which are back after five minutes."""
    value = text(name, default)
    found = _LIMIT.fullmatch(value)
    tokens, seconds = (int(found[1]), int(found[2]) * _SECONDS[found[3]]) if found else (0, 0)
    if not (1 <= tokens <= MOST_TOKENS and 1 <= seconds <= LONGEST):
        refuse(
            name,
            f"must be a number up to {MOST_TOKENS} and a time up to {LONGEST // 3600}h, such as 20/30s, 20/5m or "
            f"20/1h, not {value[:40]!r}.",
        )
    return Limit(tokens, seconds)


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """IP addresses and networks, such as ``127.0.0.1, 10.0.0.0/8``."""
    found = []
    for part in names(name, []):
        try:
            found.append(ip_network(part))
        except ValueError:
            refuse(name, f"must be IP addresses or networks such as 127.0.0.1,10.0.0.0/8, and {part[:50]!r} is none.")
    return found


def origins(name: str) -> list[str]:
    """Origins such as ``https://app.example.com``, as a browser sends them."""
    found = names(name, [])
    for value in found:
        if not _ORIGIN.fullmatch(value.lower()):
            refuse(name, f"must have origins such as https://app.example.com, without a path, not {value!r}.")
    return [value.lower() for value in found]


def web_address(name: str, default: str) -> str:
    value = text(name, default)
    try:
        parts = urlsplit(value)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        valid = valid and value.isprintable() and " " not in value
    except ValueError:
        valid = False
    if not valid:
        refuse(name, f"must be an http or https address, not {value!r}.")
    return value.rstrip("/")


def service(name: str, module: str, *, form: str = "https?://[^/:].*") -> str:
    """The address of a service outside that is reported to, for which ``module`` must be installed; or nothing."""
    value = text(name)
    if value and not re.fullmatch(form, value):  # the value itself may hold a key, so it is not repeated
        refuse(name, "must be an address as docs/configuration.md shows it, with http:// or https://.")
    if value and find_spec(module) is None:
        refuse(name, "needs the packages of requirements-observability.txt, which are not installed.")
    return value


def database(name: str, default: str) -> dict[str, Any]:
    """A Django database setting from an address such as ``postgres://user:secret@host:5432/name``."""
    value = text(name, default)
    if not value.startswith(("sqlite://", "postgres://", "postgresql://")):
        refuse(name, "must start with postgres:// or sqlite://.")
    try:
        config = dict(_env.db_url_config(value))
    except (ImproperlyConfigured, ValueError):
        config = {}
    if not config.get("NAME"):  # the value itself may hold a password, so it is not repeated
        refuse(name, "is not an address such as postgres://user:secret@host:5432/name.")
    return config


def redis(name: str) -> str:
    value = text(name)
    if value and not value.startswith(("redis://", "rediss://")):
        refuse(name, "must start with redis:// or rediss://.")
    try:
        parts = urlsplit(value)
        valid = parts.port != 0 and re.fullmatch(r"/?[0-9]{0,3}", parts.path)
    except ValueError:
        valid = None
    if not valid:  # the value itself may hold a password, so it is not repeated
        refuse(name, "is not an address such as redis://localhost:6379/0.")
    return value


def email(name: str, default: str) -> dict[str, Any]:
    """Django's mail settings from an address such as ``smtp+tls://user:secret@host:587``."""
    try:
        return dict(_env.email_url_config(text(name, default)))
    except (ImproperlyConfigured, ValueError):
        refuse(name, "is not a mail address such as smtp+tls://user:secret@host:587 or consolemail://.")


def folder(name: str, path: Path) -> Path:
    """``path``, made where it is missing, and files can be made in it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        refuse(name, f"{path} cannot be used: {error.strerror}.")
    return path


def file(name: str, path: Path) -> Path:
    """``path``, a file that is there or can be made."""
    if path.is_dir():
        refuse(name, f"{path} cannot be used: Is a directory.")
    if not path.parent.is_dir():
        refuse(name, f"{path} cannot be used: No such directory.")
    return path


def secret(name: str, *, fallback_file: Path | None) -> str:
    """A secret of at least 32 characters; without one, a random one that is kept in ``fallback_file``."""
    value = text(name)
    if not value:
        if fallback_file is None:
            refuse(name, "must be set (at least 32 random characters).")
        value = _kept(name, fallback_file, size=48)
    if len(value) < 32:
        refuse(name, "must have at least 32 characters.")
    return value


def push_key(name: str, *, fallback_file: Path | None) -> str:
    """A private key for web push, or none; ``fallback_file`` keeps one that is made where it is missing."""
    value = text(name)
    if not value and fallback_file is not None:
        value = _kept(name, fallback_file, size=32)
    try:
        number = int.from_bytes(urlsafe_b64decode(f"{value}=")) if len(value) == 43 else 0
    except ValueError:
        number = 0
    if value and not 0 < number < _P256_ORDER:  # the value itself is a secret, so it is not repeated
        refuse(name, "is no key: manage.py vapid_key prints one.")
    return value


def _kept(name: str, file: Path, *, size: int) -> str:
    """What is in ``file``: ``size`` random bytes in base64 where it is missing."""
    try:
        if not file.is_file():
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(size))
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        refuse(name, f"cannot be kept in {file}: {getattr(error, 'strerror', 'it is not text')}.")
