"""List every task of the product, as docs/clockwork.md does."""

from typing import Any

from celery import current_app
from django.core.management.base import BaseCommand

from fantasy_f1.core import clockwork


class Command(BaseCommand):
    help = "List every background task: what it does, when, on which queue."

    def handle(self, *args: Any, **options: Any) -> None:
        current_app.loader.import_default_modules()
        self.stdout.write(clockwork.table())
