"""Structured logs with the request's and the task's id, for people (``console``) or machines (``json``)."""

import logging
import re
import sys
from typing import Any

import structlog

_LONG = re.compile(r"[^/]{16,}")


class _AsyncWhiteNoiseFilter(logging.Filter):
    """Drops Python's warning that WhiteNoise streams a file synchronously under ASGI: known and harmless."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "StreamingHttpResponse must consume synchronous iterators" not in record.getMessage()


class _DroppedListenerFilter(logging.Filter):
    """Drops the server's complaint about an answer that was given up, because its client took nothing of it."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "returned without completing response" not in record.getMessage()


def _hide_secrets(logger: Any, method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Django's lines about refused requests tell the address: what may be a secret in it is left out."""
    request = getattr(event["_record"], "request", None)
    if request is not None:
        hidden = _without_secrets(request.path, request.resolver_match)
        event["event"] = event["event"].replace(request.path, hidden)
    return event


def _without_secrets(path: str, match: Any) -> str:
    """Of an address that there is, the words that are filled in; of another one, whatever is long."""
    if match is None:
        return _LONG.sub("…", path)
    for value in match.kwargs.values():
        if isinstance(value, str):
            path = path.replace(value, "…")
    return path


def _add_request_id(logger: Any, method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Django logs a refused request when the middleware that binds its id is done; the record knows the request."""
    request_id = getattr(getattr(event["_record"], "request", None), "request_id", None)
    if request_id:
        event["request_id"] = request_id
    return event


def logging_config(form: str, level: str) -> dict[str, Any]:
    """Django's ``LOGGING``; also sets up structlog, so that both ways of logging end in the same lines."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    final: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if form == "json":
        final += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        plain = structlog.dev.plain_traceback
        final += [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    logging.captureWarnings(True)
    quiet = level if level in {"DEBUG", "ERROR"} else "WARNING"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "async_whitenoise": {"()": _AsyncWhiteNoiseFilter},
            "dropped_listener": {"()": _DroppedListenerFilter},
        },
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*shared, _add_request_id, _hide_secrets],
                "processors": final,
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"level": level, "handlers": ["console"], "propagate": False},
            "django.server": {"level": "WARNING"},
            "py.warnings": {"filters": ["async_whitenoise"]},
            "fantasy_f1.requests": {"level": level if form == "json" or level == "DEBUG" else "WARNING"},
            "urllib3.connection": {"level": "ERROR"},  # its warnings name addresses, which may be secret
            "uvicorn.error": {"filters": ["dropped_listener"]},
            "celery": {"level": quiet},
            "django_celery_beat": {"level": quiet},
        },
    }
