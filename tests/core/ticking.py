"""The app's settings with one more task, which ticks twice a second and shows each tick in a file."""

from fantasy_f1.settings import *  # noqa: F403

CELERY_IMPORTS = ["tests.core.ticks"]
F1_API_URL = "http://127.0.0.1:9/ergast/f1"  # nothing answers there
