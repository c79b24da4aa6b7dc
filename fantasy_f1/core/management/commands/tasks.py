"""List every task of the product, as docs/clockwork.md does."""

from typing import Any

from django.core.management.base import BaseCommand

from fantasy_f1.core import clockwork


class Command(BaseCommand):
    help = "List every background task: what it does, when, on which queue."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(clockwork.table())
