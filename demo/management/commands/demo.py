"""Make, play and renew the demo league."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from demo import league
from drafts.models import Draft
from fantasy_f1.core import clock
from fantasy_f1.core.errors import DomainError


class Command(BaseCommand):
    help = "Make the demo league where it is missing and say how to sign in (needs DEMO=on)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        action = parser.add_mutually_exclusive_group()
        action.add_argument("--advance", action="store_true", help="run the next Grand Prix: real results come in")
        action.add_argument("--reset", action="store_true", help="empty the database and make the demo anew")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo is off; set DEMO=on and GAME_CLOCK=on.")
        if options["advance"]:
            self._advance()
            return
        if options["reset"]:
            # New rows get new ids: a server that runs meanwhile has cached boards under the old ones.
            call_command("flush", interactive=False, verbosity=0, reset_sequences=False)
        demo, made = league.ensure()
        if made:
            self.stdout.write("Made the demo: two seasons, one league, eight teams.")
        self._introduce(demo)

    def _advance(self) -> None:
        try:
            race = league.advance()
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{race.name}: the real results are in. The game's time is {clock.now():%d %B %Y %H:%M} UTC.")

    def _introduce(self, demo: league.Demo) -> None:
        turn = Draft.objects.filter(league=demo.league, race=demo.race, status=Draft.Status.OPEN).exists()
        self.stdout.write(
            f"""
  Fantasy F1 demo · {demo.league.name} · {clock.now():%A %d %B %Y}

    Open     http://localhost:{settings.PORT}
    Sign in  {league.PLAYER} / {league.PASSWORD}   your team{", first to pick" if turn else ""}
             {league.HOST} / {league.PASSWORD}   the host, for /admin/
    Rivals   {", ".join(self._rivals(demo))} (same password)
"""
        )

    def _rivals(self, demo: league.Demo) -> list[str]:
        teams = demo.league.constructors.select_related("user")
        return [team.user.username for team in teams if team.user.username != league.PLAYER]
