"""The server in one process: ``python -m fantasy_f1.serve``.

Embedded (no DATABASE_URL of a server, no REDIS_URL) it brings the database up to date and runs the Celery worker and
its clockwork in threads beside the pages. In production those are processes of their own, and this is only a server.
"""

import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Sequence
from threading import Thread
from types import FrameType
from typing import Any

import django
import uvicorn

from fantasy_f1 import env

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fantasy_f1.settings")

GRACE = 1  # seconds that requests in flight get when the server is told to stop


class Server(uvicorn.Server):
    """Ends with ``run`` returning; uvicorn's own raises the signal again, which ends in a traceback or a wrong code.

    Open streams end first: they would be waited for.
    """

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        from fantasy_f1.core import hub

        self.force_exit = self.should_exit
        self.should_exit = True
        hub.close()


def start_clockwork() -> None:
    """Run Celery's workers and beat in threads of this process, which end with it.

    Every task is a sweep over rows in transactions, so one that is cut off is done again at the next start. Deadlines
    have a worker of their own: they wait for nothing that is slow.
    """
    from celery.beat import EmbeddedService

    from fantasy_f1.celery import app
    from fantasy_f1.core.jobs import Queue

    app.loader.import_default_modules()
    others = [queue for queue in Queue if queue != Queue.CLOCK]
    for name, queues in (("clock", [Queue.CLOCK]), ("worker", others)):
        Thread(target=_work, args=[name, queues], name=name, daemon=True).start()
    # EmbeddedService does not look at the setting, and would keep its times in a file.
    beat: Any = EmbeddedService(app, thread=True, scheduler_cls=app.conf.beat_scheduler)
    beat.start()


def _work(name: str, queues: Sequence[str]) -> None:
    from fantasy_f1.celery import make_app

    make_app(set_as_current=False).WorkController(  # an app of its own, as that is what knows the queues
        hostname=name,
        queues=[str(queue) for queue in queues],
        pool="threads",
        concurrency=2,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    ).start()


def prepare() -> None:
    """Bring the embedded database up to date; with DEMO=on make the demo league on the first start."""
    from django.conf import settings
    from django.core.management import call_command

    from fantasy_f1.core import leases

    call_command("migrate", verbosity=0, interactive=False)
    leases.break_all()
    if settings.DEMO:
        call_command("demo")


def listen(host: str, port: int) -> socket.socket:
    """The socket to serve on; ends the start with one line where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        env.refuse("PORT", f"{port} cannot be used on HOST {host}: {reason}.")


def configuration() -> uvicorn.Config:
    """How the app is served."""
    return uvicorn.Config(
        "fantasy_f1.asgi:application",
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whom to believe says TRUSTED_PROXIES
        timeout_graceful_shutdown=GRACE,
    )


def tune() -> None:
    """Let the process have as many connections as it may, and let streams be told soon while threads compute."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    sys.setswitchinterval(0.0005)  # Python's own, 5 ms, is what the loop would wait for the thread that made a pick


def main() -> None:
    # An exception, which is what Ctrl-C would raise, can be lost in a callback of the database.
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    django.setup()
    from django.conf import settings

    tune()
    port = listen(settings.HOST, settings.PORT)
    if settings.EMBEDDED:
        prepare()
        start_clockwork()
    print(f"Fantasy F1 is at {settings.BASE_URL} (Ctrl-C ends it)", flush=True)
    Server(configuration()).run(sockets=[port])
    logging.shutdown()
    sys.stdout.flush()
    if settings.EMBEDDED:
        os._exit(0)  # a task that still runs must not hold up the end


if __name__ == "__main__":
    main()
