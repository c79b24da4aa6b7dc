"""The Celery application; tasks live in each app's ``tasks.py``."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fantasy_f1.settings")

app = Celery("fantasy_f1")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
