"""A task that leaves a trace."""

import threading
import time
from pathlib import Path

from celery import shared_task
from django.conf import settings


@shared_task(ignore_result=True)
def tick() -> None:
    """Note the thread; where the test asked for it, be busy for much longer than anybody waits."""
    with Path(settings.DATA_DIR, "ticks").open("a") as file:
        file.write(f"{threading.current_thread().name}\n")
    if Path(settings.DATA_DIR, "busy").exists():
        time.sleep(30)
