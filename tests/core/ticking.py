"""The app's settings with a clockwork that ticks twice a second and shows each tick in a file."""

from datetime import timedelta

from fantasy_f1.settings import *  # noqa: F403

CELERY_IMPORTS = ["tests.core.ticks"]
CELERY_BEAT_SCHEDULE = {"tick": {"task": "tests.core.ticks.tick", "schedule": timedelta(seconds=0.5)}}
