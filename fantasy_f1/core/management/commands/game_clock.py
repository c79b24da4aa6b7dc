"""Show or set the game's time."""

import re
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime

from fantasy_f1.core import clock

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_moment(text: str) -> datetime:
    """An ISO 8601 time with its offset, such as ``2026-07-22T09:00:00Z``; raises ``CommandError``."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CommandError(f"{text!r} is not a time such as 2026-07-22T09:00:00Z.")
    return moment


def parse_step(text: str) -> timedelta:
    """A step such as ``90m``, ``12h``, ``3d`` or ``2w``; raises ``CommandError``."""
    found = re.fullmatch(r"(\d+)([mhdw])", text)
    if not found:
        raise CommandError(f"{text!r} is not a step such as 90m, 12h, 3d or 2w.")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


class Command(BaseCommand):
    help = "Show the game's time, or set it (needs GAME_CLOCK=on)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        action = parser.add_mutually_exclusive_group()
        action.add_argument("--set", metavar="TIME", help="for example 2026-07-22T09:00:00Z")
        action.add_argument("--advance", metavar="STEP", help="for example 90m, 12h, 3d or 2w")
        action.add_argument("--real", action="store_true", help="follow the real time again")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.GAME_CLOCK:
            raise CommandError("The game clock is off; set GAME_CLOCK=on.")
        if options["set"]:
            clock.set_to(parse_moment(options["set"]))
        elif options["advance"]:
            clock.set_to(clock.now() + parse_step(options["advance"]))
        elif options["real"]:
            clock.set_to(None)
        self.stdout.write(f"The game's time is {clock.now():%Y-%m-%dT%H:%M:%SZ}.")
