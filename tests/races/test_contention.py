"""Calendars and results at once: each waits for the other, and nobody for ever. On SQLite by immediate transactions."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from races.calendar import ingest_calendar
from races.models import Race, ResultRevision, Season, Session
from races.results import store_results
from races.rows import Counts, EventRow, ResultRow
from scoring.scores import score_race
from tests.contention import at_once
from tests.factories import DriverFactory, TeamFactory

ROUNDS = 10


def calendar(now: datetime, *, minutes: int = 0) -> list[EventRow]:
    return [
        EventRow(
            key=f"race_{number}",
            name=f"Grand Prix {number}",
            circuit_id=f"circuit_{number}",
            circuit_name=f"Circuit {number}",
            starts_at=now + timedelta(weeks=number - 2, minutes=minutes),
            round_number=number,
        )
        for number in range(1, 9)
    ]


@pytest.mark.django_db(transaction=True)
def test_a_calendar_and_results_wait_for_each_other(now: datetime) -> None:
    ingest_calendar(2026, calendar(now), now=now)
    race = Race.objects.get(external_id="race_1")
    row = ResultRow(DriverFactory().external_id, TeamFactory().external_id, 1, "1")

    def tell_calendars() -> None:
        for minutes in range(1, ROUNDS + 1):
            ingest_calendar(2026, calendar(now, minutes=minutes), now=now)

    def tell_results() -> None:
        for laps in range(1, ROUNDS + 1):
            store_results(race, Session.GRAND_PRIX, [replace(row, laps=laps)], source="jolpica", now=now)
            score_race(race_id=race.pk, now=now)

    at_once([tell_calendars, tell_results, tell_results])

    assert Race.objects.get(external_id="race_8").starts_at == calendar(now, minutes=ROUNDS)[7].starts_at
    assert ResultRevision.objects.get(is_current=True).results.get().laps == ROUNDS


@pytest.mark.django_db(transaction=True)
def test_two_first_calendars_make_one(now: datetime) -> None:
    Season.objects.create(year=2026)

    outcomes = at_once([partial(ingest_calendar, 2026, calendar(now), now=now)] * 4)

    assert sorted(outcomes, key=lambda counts: counts.created) == [Counts(unchanged=8)] * 3 + [Counts(created=8)]  # type: ignore[attr-defined]
    assert Race.objects.count() == 8
