from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fantasy_f1.core.errors import DomainError
from races import seasons


class Command(BaseCommand):
    help = "Write a season of the database in the format of the bundled seasons."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", type=int)
        parser.add_argument("--output", type=Path, help="a file (default: standard output)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = seasons.export_season(options["year"])
        except DomainError as error:
            raise CommandError(error.message) from None
        if options["output"]:
            options["output"].write_text(text)
        else:
            self.stdout.write(text, ending="")
