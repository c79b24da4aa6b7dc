from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fantasy_f1.core import clock
from fantasy_f1.core.errors import DomainError
from races import sync
from races.models import SyncRun


class Command(BaseCommand):
    help = "Fetch drivers, calendar and results of a season from the upstream; ends with 1 if anything was refused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--season", type=int, required=True)
        parser.add_argument("--round", type=int, help="only the results of this round")
        parser.add_argument("--what", choices=sync.WHAT, help="only this (default: everything)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = sync.sync_season(
                options["season"], what=options["what"], round_number=options["round"], now=clock.now()
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(
            f"{run.requests} requests: {run.created} rows created, {run.updated} updated, {run.unchanged} unchanged."
        )
        if run.status == SyncRun.Status.FAILED:
            raise CommandError(run.error)
        if not run.created and not run.updated:
            self.stdout.write("Nothing changed.")
