"""What happened in 2026, told by the upstream's double day by day: the clock is driven, beat alone does the rest."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from fantasy_f1.core.models import EventLog
from races.models import Race, RaceResult, ResultRevision, SyncRun
from races.tasks import sync_due_results, sync_season
from tests.races.conftest import At
from tests.upstream import UpstreamDouble

pytestmark = pytest.mark.django_db

MIAMI, MONACO, BAHRAIN, JEDDAH = (f"2026_{name}_grand_prix" for name in ("miami", "monaco", "bahrain", "saudi_arabian"))
OLD_BAHRAIN = {
    "name": "Bahrain Grand Prix",
    "circuit_id": "bahrain",
    "first_practice_at": "2026-04-10T11:30:00Z",
    "second_practice_at": "2026-04-10T15:00:00Z",
    "third_practice_at": "2026-04-11T12:30:00Z",
    "qualifying_at": "2026-04-11T16:00:00Z",
    "starts_at": "2026-04-12T15:00:00Z",
}
Days = Callable[..., None]
News = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def days(at: At) -> Days:
    """Let some days pass at the hours given (UTC), with beat at each."""

    def run(first: str, last: str = "", hours: tuple[int, ...] = (7, 13, 19, 23)) -> None:
        day = datetime.fromisoformat(f"{first}T00:00:00+00:00")
        end = datetime.fromisoformat(f"{last or first}T00:00:00+00:00")
        while day <= end:
            for hour in hours:
                at(day + timedelta(hours=hour))
                if hour == hours[0]:
                    sync_season()
                sync_due_results()
            day += timedelta(days=1)

    return run


def reorder(upstream: UpstreamDouble, event: str, first_place: int, drivers: list[str]) -> None:
    """Give ``drivers`` the places from ``first_place`` on, with what each of these brings."""
    rows = upstream.season(2026).sheets["grand_prix"][event]
    prizes = {row["position"]: {"position_text": row["position_text"], "points": row["points"]} for row in rows}
    for place, driver in enumerate(drivers, start=first_place):
        upstream.amend(2026, event, driver, position=place, **prizes[place])


@pytest.fixture
def news() -> News:
    """All that was told of races since it was asked last, as (event, race)."""
    seen = [0]

    def read() -> list[tuple[str, str]]:
        rows = EventLog.objects.filter(topic__startswith="race:", pk__gt=seen[0]).order_by("pk")
        names = {race.pk: race.external_id[5:].removesuffix("_grand_prix") for race in Race.objects.all()}
        told = [(row.name, names[row.data["race_id"]]) for row in rows if row.name != "RaceScored"]
        seen[0] = max([row.pk for row in rows], default=seen[0])
        return told

    return read


def test_the_year_2026_as_it_was_told(upstream: UpstreamDouble, days: Days, news: News) -> None:
    bundled = dict(upstream.season(2026).events[BAHRAIN])  # as it came back
    upstream.change_event(2026, BAHRAIN, **OLD_BAHRAIN)
    upstream.change_event(2026, JEDDAH, is_cancelled=False)
    upstream.change_event(2026, MIAMI, starts_at="2026-05-03T20:00:00Z")
    reorder(upstream, MIAMI, 6, ["leclerc", "hamilton", "colapinto"])
    reorder(upstream, MONACO, 3, ["hadjar", "piastri", "lawson", "arvid_lindblad", "gasly"])
    days("2026-02-20")
    assert (Race.objects.count(), news()) == (24, [])

    days("2026-03-08", hours=(7, 19))  # two rounds are run, …
    days("2026-03-16", hours=(7, 19))
    published = news()
    assert {("ResultsPublished", "australian"), ("ResultsPublished", "chinese")} == set(published)
    upstream.change_event(2026, BAHRAIN, is_cancelled=True)  # … two are called off, and the others move up
    upstream.change_event(2026, JEDDAH, is_cancelled=True)
    days("2026-03-20", hours=(7,))
    assert news() == [("RaceCancelled", "bahrain"), ("RaceCancelled", "saudi_arabian")]
    assert Race.objects.get(external_id=MIAMI).round_number == 4

    days("2026-03-30", hours=(7,))
    days("2026-05-02", hours=(7, 20))  # the sprint has a result, the race is to come, …
    assert news() == [("ResultsPublished", "japanese")] * 2 + [("ResultsPublished", "miami")]
    upstream.change_event(2026, MIAMI, starts_at="2026-05-03T17:00:00Z")  # … and begins three hours earlier
    days("2026-05-03", hours=(7, 19, 20, 21))
    assert news() == [("RaceRescheduled", "miami"), ("ResultsPublished", "miami"), ("ResultsPublished", "miami")]
    assert Race.objects.get(external_id=MIAMI).results_status == "provisional"
    upstream.change_event(2026, MIAMI, starts_at="2026-05-03T20:00:00Z")  # a fault of the upstream, for a day
    upstream.change_event(2026, MONACO, starts_at="2026-05-03T17:00:00Z")
    days("2026-05-04", hours=(7,))
    assert "would start 2026-05-03" in SyncRun.objects.filter(what="calendar").latest("pk").error
    assert Race.objects.get(external_id=MONACO).starts_at == datetime(2026, 6, 7, 13, tzinfo=UTC)
    upstream.change_event(2026, MIAMI, starts_at="2026-05-03T17:00:00Z")
    upstream.change_event(2026, MONACO, starts_at="2026-06-07T13:00:00Z")
    reorder(upstream, MIAMI, 6, ["hamilton", "colapinto", "leclerc"])  # penalties
    days("2026-05-05", "2026-05-06", hours=(7, 23))
    assert news() == [("ResultsAmended", "miami")]
    assert changes(MIAMI) == ["Lewis Hamilton P7 → P6", "Franco Colapinto P8 → P7", "Charles Leclerc P6 → P8"]

    days("2026-05-25", hours=(7,))
    days("2026-06-07", hours=(7, 15, 16, 18, 22))
    news()
    assert place("gasly") == 7
    reorder(upstream, MONACO, 3, ["gasly", "hadjar", "piastri", "lawson", "arvid_lindblad"])  # a review, …
    days("2026-06-08", "2026-06-15", hours=(9, 17))
    assert ("ResultsAmended", "monaco") in news()
    assert place("gasly") == 3
    upstream.change_event(2026, BAHRAIN, **bundled)  # a race comes back elsewhere
    days("2026-08-21", hours=(7,))
    assert ("RaceReinstated", "bahrain") in news()
    reorder(upstream, MONACO, 3, ["hadjar", "piastri", "lawson", "arvid_lindblad", "gasly"])  # … and the appeal
    days("2026-09-06", "2026-09-14", hours=(9,))

    assert ("ResultsAmended", "monaco") in news()
    assert place("gasly") == 7
    versions = ResultRevision.objects.filter(race__external_id=MONACO, session="grand_prix")
    assert (versions.count(), Race.objects.get(external_id=MONACO).results_status) == (3, "revised")
    late = [event.data["race_id"] for event in EventLog.objects.filter(name="ResultsLate")]
    unknown = Race.objects.filter(starts_at__gt=datetime(2026, 8, 1, tzinfo=UTC), starts_at__lt="2026-09-14T00:00:00Z")
    assert sorted(late) == sorted(unknown.values_list("pk", flat=True))  # the double knows nothing of these
    assert SyncRun.objects.filter(status="failed").count() == 1  # the fault of 4 May


def changes(event: str) -> list[str]:
    return ResultRevision.objects.get(race__external_id=event, session="grand_prix", is_current=True).changes


def place(driver: str) -> int:
    return (
        RaceResult.objects.current()
        .get(race__external_id=MONACO, session="grand_prix", driver__external_id=driver)
        .position
    )
