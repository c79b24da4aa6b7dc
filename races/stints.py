"""Who drove for which team, from when to when: worked out from the Grand Prix results of a season."""

from collections.abc import Iterable
from dataclasses import dataclass

from races.models import RaceResult, Season, SeasonEntry, Session


@dataclass(frozen=True)
class Start:
    """A driver's start in a Grand Prix; ``place`` counts the races held, oldest first."""

    place: int
    race_id: int
    driver_id: int
    team_id: int
    number: int | None


@dataclass(frozen=True)
class Stint:
    driver_id: int
    team_id: int
    number: int | None
    first_race_id: int
    last_race_id: int | None
    """None while it lasts: the driver started for the team in the latest race."""


def stints(starts: Iterable[Start]) -> list[Stint]:
    """Runs of starts of a driver for one team; a race missed, or started for another team, ends a run."""
    in_order = sorted(starts, key=lambda start: (start.driver_id, start.place))
    latest = max((start.place for start in in_order), default=0)
    runs: list[list[Start]] = []
    for start in in_order:
        last = runs[-1][-1] if runs else None
        goes_on = last and (last.driver_id, last.team_id, last.place + 1) == (
            start.driver_id,
            start.team_id,
            start.place,
        )
        if goes_on:
            runs[-1].append(start)
        else:
            runs.append([start])
    return [
        Stint(
            run[-1].driver_id,
            run[-1].team_id,
            run[-1].number,
            first_race_id=run[0].race_id,
            last_race_id=None if run[-1].place == latest else run[-1].race_id,
        )
        for run in runs
    ]


def refresh_stints(season: Season) -> int:
    """Bring the season's entries in line with its results; returns how many differed."""
    rows = list(
        RaceResult.objects.current()
        .filter(race__season=season, session=Session.GRAND_PRIX)
        .order_by("race__starts_at", "race_id")
        .values_list("race_id", "driver_id", "team_id", "number")
    )
    places = {race: place for place, race in enumerate(dict.fromkeys(row[0] for row in rows))}
    wanted = {
        (stint.driver_id, stint.first_race_id): stint for stint in stints(Start(places[row[0]], *row) for row in rows)
    }
    fields = ["team_id", "number", "last_race_id"]
    stored = {(entry.driver_id, entry.first_race_id): entry for entry in season.entries.all()}
    gone = [entry.pk for key, entry in stored.items() if key not in wanted]
    if gone:
        SeasonEntry.objects.filter(pk__in=gone).delete()
    changed = []
    for key, entry in stored.items():
        if key in wanted and any(getattr(entry, name) != getattr(wanted[key], name) for name in fields):
            for name in fields:
                setattr(entry, name, getattr(wanted[key], name))
            changed.append(entry)
    SeasonEntry.objects.bulk_update(changed, fields)
    new = [stint for key, stint in wanted.items() if key not in stored]
    SeasonEntry.objects.bulk_create(
        [
            SeasonEntry(
                season=season,
                driver_id=stint.driver_id,
                first_race_id=stint.first_race_id,
                **{name: getattr(stint, name) for name in fields},
            )
            for stint in new
        ]
    )
    return len(gone) + len(changed) + len(new)
