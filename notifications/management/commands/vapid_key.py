"""A new key for web push."""

from typing import Any

from django.core.management.base import BaseCommand

from notifications import webpush


class Command(BaseCommand):
    help = "Print a new key for VAPID_PRIVATE_KEY, with which notifications are sent to browsers."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(webpush.new_key())
