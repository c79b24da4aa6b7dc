"""A task that leaves a trace."""

import threading
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from fantasy_f1.core.jobs import periodic


@periodic(every=timedelta(seconds=0.5), when=lambda: True)
def tick() -> None:
    """Notes the thread; where the test asked for it, is busy for much longer than anybody waits."""
    with Path(settings.DATA_DIR, "ticks").open("a") as file:
        file.write(f"{threading.current_thread().name}\n")
    if Path(settings.DATA_DIR, "busy").exists():
        time.sleep(30)
