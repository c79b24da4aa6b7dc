"""The app as it is served, which also says when each event was committed: its version and the moment.

``python -m benchmarks.live.ours PORT``
"""

import sys
import time

import django

from fantasy_f1 import serve


def main(port: int) -> None:
    django.setup()
    from fantasy_f1.core import live
    from fantasy_f1.core.models import EventLog

    announce = live.announce

    def announce_and_say(row: EventLog) -> None:
        began = time.monotonic()
        announce(row)
        print(row.version, repr(began), flush=True)

    live.announce = announce_and_say
    serve.tune()
    serve.Server(serve.configuration()).run(sockets=[serve.listen("127.0.0.1", port)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
