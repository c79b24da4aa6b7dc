"""The app's settings for processes that are to be killed: their game plays at another time, and they can be stopped in
the middle of a task.
"""

from fantasy_f1.settings import *  # noqa: F403
from fantasy_f1.settings import CELERY_BROKER_TRANSPORT_OPTIONS

CELERY_IMPORTS = ["tests.faults.hooks"]
# What a killed worker had in hand comes back soon; otherwise it is looked for but each 100 seconds.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    **CELERY_BROKER_TRANSPORT_OPTIONS,
    "visibility_timeout": 5,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
}
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = DATA_DIR / "mails"  # noqa: F405
