"""Fantasy F1: draft-based fantasy Formula 1 leagues."""

from fantasy_f1.celery import app as celery_app  # loaded with Django, so that every process sends tasks the same way

__all__ = ["__version__", "celery_app"]
__version__ = "0.1.0"
