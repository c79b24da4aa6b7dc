from argparse import ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fantasy_f1.core import clock
from fantasy_f1.core.errors import DomainError
from races import seasons


def moment(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is not a time such as 2026-07-22T09:00:00Z") from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Load a bundled season, without any network."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", type=int)
        parser.add_argument("--until", type=moment, help="with results of sessions that started before (default: now)")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        try:
            run = seasons.load_season(options["year"], until=options["until"] or now, now=now)
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{run.created} rows created, {run.updated} updated, {run.unchanged} unchanged.")
        if not run.created and not run.updated:
            self.stdout.write("Nothing changed.")
