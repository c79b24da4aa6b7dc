"""What belongs together in the logs: a task's lines have its id and name, and the id of the request it comes of."""

import time
from collections.abc import Mapping
from contextvars import Token
from typing import Any

import structlog
from celery import Task
from celery.signals import before_task_publish, task_postrun, task_prerun

REQUEST_ID, SENT_AT = "request_id", "sent_at"
"""Headers of a message: what it comes of, and when it was handed over (seconds of the epoch)."""

_bound: dict[str, Mapping[str, Token[Any]]] = {}


def connect() -> None:
    """Follow tasks from where they are handed over to where they run."""
    before_task_publish.connect(_label)
    task_prerun.connect(_bind)
    task_postrun.connect(_unbind)


def _label(headers: dict[str, Any], **kwargs: Any) -> None:
    headers[SENT_AT] = time.time()
    request_id = structlog.contextvars.get_contextvars().get(REQUEST_ID)
    if request_id:
        headers[REQUEST_ID] = request_id


def _bind(task_id: str, task: "Task[Any, Any]", **kwargs: Any) -> None:
    request_id = task.request.get(REQUEST_ID)
    told = {REQUEST_ID: request_id} if request_id else {}
    _bound[task_id] = structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id, **told)


def _unbind(task_id: str, **kwargs: Any) -> None:
    structlog.contextvars.reset_contextvars(**_bound.pop(task_id, {}))
