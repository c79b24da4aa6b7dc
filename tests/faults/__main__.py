"""``make faults``: the tests of this folder with real processes, on a PostgreSQL and a Redis of their own."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.servers import PersistentRedis, Postgres


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="fantasy-f1-faults-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as somebody else
        postgres, redis = Postgres(folder), PersistentRedis(folder)
        postgres.create()
        redis.create()
        environment = os.environ | {
            "FAULTS": name,
            "FAULTS_PORTS": f"{postgres.port} {redis.port}",
            "TEST_DATABASE_URL": postgres.url,
            "TEST_REDIS_URL": redis.url,
        }
        try:
            ran = subprocess.run(
                [sys.executable, "-m", "pytest", "tests/faults", "-p", "no:cacheprovider", "-v", *sys.argv[1:]],
                env=environment,
                check=False,
            )
        finally:
            redis.kill()
            postgres.kill()
    return ran.returncode


if __name__ == "__main__":
    sys.exit(main())
