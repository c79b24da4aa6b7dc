"""Cleaning up, every day by beat."""

from celery import shared_task
from django.utils import timezone

from accounts import access


@shared_task
def clean_up() -> None:
    access.clean_up(timezone.now())
