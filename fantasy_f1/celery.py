"""The Celery application; tasks live in each app's ``tasks.py``."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fantasy_f1.settings")


def make_app(*, set_as_current: bool) -> Celery:
    """One that is set up like all others."""
    made = Celery("fantasy_f1", set_as_current=set_as_current)
    made.config_from_object("django.conf:settings", namespace="CELERY")
    made.autodiscover_tasks()
    return made


app = make_app(set_as_current=True)


@setup_logging.connect
def keep_our_logging(**kwargs: Any) -> None:
    """Having a receiver keeps Celery from setting up logging of its own: workers log like the rest."""
