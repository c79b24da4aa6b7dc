"""The app's own settings, on SQLite in a file or, where given, on TEST_DATABASE_URL and TEST_REDIS_URL."""

import os
import tempfile
from pathlib import Path

os.environ["DATA_DIR"] = str(Path(tempfile.gettempdir()) / f"fantasy-f1-tests-{os.getuid()}")
os.environ["SECRET_KEY"] = "tests-only-" + "x" * 40
os.environ["JWT_SIGNING_KEY"] = "tests-only-" + "y" * 40
os.environ["F1_API_URL"] = "http://127.0.0.1:9/ergast/f1"  # nothing answers there; a test names its own double
for name in ("DATABASE_URL", "REDIS_URL"):
    os.environ[name] = os.environ.get(f"TEST_{name}", "")
if os.environ["REDIS_URL"]:  # each worker of a parallel run empties its own Redis database
    server, _, number = os.environ["REDIS_URL"].rpartition("/")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    os.environ["REDIS_URL"] = f"{server}/{int(number) + int(worker)}"
for name in ("GAME_CLOCK", "DEMO", "DEBUG", "OUTBOUND_LOOPBACK", "RATE_LIMITS"):
    os.environ[name] = "off"
os.environ["TRUSTED_PROXIES"] = ""
os.environ["BASE_URL"] = "http://localhost:8000"
os.environ["VAPID_PRIVATE_KEY"] = "tests-only-" + "z" * 31 + "g"
os.environ["EMAIL_URL"] = ""  # no confirmed addresses, unless a test asks for them

from fantasy_f1.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # bcrypt itself is tested where it is used
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
