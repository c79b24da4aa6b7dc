"""Drivers and teams: who there is, who races, what a driver is worth. Writes differences only."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.db import models, transaction
from django.db.models import Sum

from races import pricing
from races.models import Driver, RaceResult, Season, Session, Team
from races.rows import Counts, DriverRow, ResultRow, TeamRow

COLOURS_FILE = Path(__file__).parent / "data" / "teams.json"


def ingest_drivers(year: int, drivers: Sequence[DriverRow], teams: Sequence[TeamRow], *, now: datetime) -> Counts:
    """Store a season's drivers and teams by their external ids.

    Only the newest season speaks about those already known: numbers and names are the current ones even in lists of
    old seasons, and who races is a matter of today. Drivers that the newest season does not list become inactive,
    unless its list is so short that it cannot be whole yet. A season of which nothing is told is not created.
    """
    counts = Counts()
    if not drivers and not teams and not Season.objects.filter(year=year).exists():
        return counts
    with transaction.atomic():
        season, _ = Season.objects.get_or_create(year=year)
        newest = is_newest(season)
        counts.add(_upsert(Team, {row.external_id: team_fields(row) for row in teams}, update=newest))
        raced = _raced(season)
        active = Driver.objects.filter(status=Driver.Status.ACTIVE).count()
        fields = {}
        for row in drivers:
            races = row.external_id in raced if raced else row.number is not None
            status = Driver.Status.ACTIVE if races else Driver.Status.RESERVE
            fields[row.external_id] = driver_fields(row) | {"status": status if newest else Driver.Status.INACTIVE}
        counts.add(_upsert(Driver, fields, update=newest))
        numbered = sum(row.number is not None for row in drivers)
        if newest and numbered * 2 < active:
            counts.problems.append(
                f"The list of {year} has {numbered} drivers with a number, {active} are active: none became inactive."
            )
        elif newest:
            gone = Driver.objects.exclude(status=Driver.Status.INACTIVE).exclude(external_id__in=[*fields, *raced])
            counts.updated += gone.update(status=Driver.Status.INACTIVE)
    return counts


def create_unknown(season: Season, rows: Iterable[ResultRow]) -> None:
    """Create the drivers and teams that a result names in full and nobody has heard of: substitutes, mostly."""
    drivers = {row.driver.external_id: driver_fields(row.driver) for row in rows if row.driver}
    teams = {row.team.external_id: team_fields(row.team) for row in rows if row.team}
    status = Driver.Status.ACTIVE if is_newest(season) else Driver.Status.INACTIVE
    _upsert(Driver, {key: values | {"status": status} for key, values in drivers.items()}, update=False)
    _upsert(Team, teams, update=False)


def refresh_statuses(season: Season) -> int:
    """Once the newest season has results, those who raced in it are active and the others of its list reserves.

    Returns how many changed.
    """
    raced = _raced(season)
    if not raced or not is_newest(season):
        return 0
    idle = Driver.objects.filter(external_id__in=raced).exclude(status=Driver.Status.ACTIVE)
    others = Driver.objects.filter(status=Driver.Status.ACTIVE).exclude(external_id__in=raced)
    return idle.update(status=Driver.Status.ACTIVE) + others.update(status=Driver.Status.RESERVE)


def refresh_prices(season: Season, *, now: datetime) -> int:
    """Bring every price in line with the results (see ``pricing``); returns how many changed.

    The newest season alone makes prices.
    """
    if newest_season() != season:
        return 0
    this_year, races_held = _points_by_driver(season.year)
    last_year, _ = _points_by_driver(season.year - 1)
    changed = []
    for driver in Driver.objects.all():
        price = pricing.price(this_year.get(driver.pk, []), last_year.get(driver.pk, []), races_held=races_held)
        if price != driver.price:
            driver.price = price
            changed.append(driver)
    Driver.objects.bulk_update(changed, ["price"])
    return len(changed)


def newest_season() -> Season | None:
    """The latest season that has races; while none has, the latest of all."""
    seasons = Season.objects.order_by("-year")
    return seasons.filter(races__isnull=False).first() or seasons.first()


def is_newest(season: Season) -> bool:
    """Whether no later season has races; so is the next one, of which the drivers are told before the calendar."""
    newest = newest_season()
    return newest is None or newest.year <= season.year


@cache
def colours() -> dict[str, str]:
    """Our own mapping of team id → hex colour; teams that it does not know get the model's neutral grey."""
    mapping: dict[str, str] = json.loads(COLOURS_FILE.read_text())
    return mapping


def driver_fields(row: DriverRow) -> dict[str, Any]:
    return {
        "given_name": row.given_name,
        "family_name": row.family_name,
        "code": row.code,
        "number": row.number,
        "country": row.country,
    }


def team_fields(row: TeamRow) -> dict[str, Any]:
    fields = {"name": row.name, "country": row.country}
    colour = colours().get(row.external_id)
    return fields | {"color": colour} if colour else fields


def _raced(season: Season) -> set[str]:
    rows = RaceResult.objects.current().filter(race__season=season, session=Session.GRAND_PRIX)
    return set(rows.values_list("driver__external_id", flat=True))


def _upsert(model: type[models.Model], wanted: dict[str, dict[str, Any]], *, update: bool) -> Counts:
    """Make the rows of ``model`` equal the wanted fields by external id; known rows only where ``update``."""
    counts = Counts()
    manager = model._default_manager
    known = {row.external_id: row for row in manager.filter(external_id__in=wanted)}  # type: ignore[attr-defined]
    new = [model(external_id=key, **values) for key, values in wanted.items() if key not in known]
    manager.bulk_create(new)
    counts.created = len(new)
    for key, row in known.items():
        changed = [name for name, value in wanted[key].items() if update and getattr(row, name) != value]
        for name in changed:
            setattr(row, name, wanted[key][name])
        if changed:
            row.save(update_fields=changed)
        counts.updated += bool(changed)
        counts.unchanged += not changed
    return counts


def _points_by_driver(year: int) -> tuple[dict[int, list[Decimal]], int]:
    """Driver → Formula 1's points of each of his starts in a season, in order; and how many races were held."""
    rows = (
        RaceResult.objects.current()
        .filter(race__season_id=year, session__in=[Session.GRAND_PRIX, Session.SPRINT])
        .order_by()
        .values_list("driver_id", "race_id", "race__starts_at")
        .annotate(total=Sum("points"), starts=models.Count("pk", filter=models.Q(session=Session.GRAND_PRIX)))
    )
    points: dict[int, list[Decimal]] = defaultdict(list)
    held = set()
    for driver, race, _, total, starts in sorted(rows, key=lambda row: (row[2], row[1])):
        if starts:
            held.add(race)
            points[driver].append(total)
    return points, len(held)
