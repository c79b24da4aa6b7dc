from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fantasy_f1.core.errors import Invalid
from fantasy_f1.core.models import EventLog
from races.calendar import (
    CalendarRefused,
    EventResolved,
    RaceHasResults,
    cancel_race,
    ingest_calendar,
    resolve_held_event,
)
from races.models import HeldEvent, Race
from races.rows import Counts, EventRow
from tests.factories import RaceFactory, SeasonFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 4, 1, tzinfo=UTC)
FIRST = datetime(2026, 3, 8, 13, tzinfo=UTC)


def event(number: int, **values: object) -> EventRow:
    """Events of a made-up season: a week apart, the practice two days and the qualifying one day before."""
    start = FIRST + timedelta(weeks=number - 1)
    row = EventRow(
        key=f"race_{number}",
        name=f"Grand Prix {number}",
        circuit_id=f"circuit_{number}",
        circuit_name=f"Circuit {number}",
        starts_at=start,
        round_number=number,
        first_practice_at=start - timedelta(days=2),
        qualifying_at=start - timedelta(days=1),
    )
    return replace(row, **values)  # type: ignore[arg-type]


def events(*leave_out: int, count: int = 8) -> list[EventRow]:
    held = [number for number in range(1, count + 1) if number not in leave_out]
    return [event(number, round_number=place) for place, number in enumerate(held, start=1)]


@pytest.fixture(autouse=True)
def _calendar() -> None:
    ingest_calendar(2026, events(), now=NOW)


def race(number: int) -> Race:
    return Race.objects.get(external_id=f"race_{number}")


def rounds() -> dict[str, int | None]:
    return dict(Race.objects.order_by("starts_at").values_list("external_id", "round_number"))


def log_names() -> list[str]:
    return list(EventLog.objects.values_list("name", flat=True))


def test_the_first_calendar_creates_all() -> None:
    assert rounds() == {f"race_{number}": number for number in range(1, 9)}


def test_the_same_calendar_writes_nothing() -> None:
    before = list(Race.objects.values())

    counts = ingest_calendar(2026, events(), now=NOW)

    assert counts == Counts(unchanged=8)
    assert list(Race.objects.values()) == before
    assert log_names() == []


def test_a_race_told_no_more_is_cancelled_and_the_later_ones_move_down() -> None:
    counts = ingest_calendar(2026, events(6), now=NOW)

    assert (race(6).status, race(6).round_number) == (Race.Status.CANCELLED, None)
    assert rounds() == {**{f"race_{n}": n for n in range(1, 6)}, "race_6": None, "race_7": 6, "race_8": 7}
    assert counts == Counts(updated=3, unchanged=5)
    assert log_names() == ["RaceCancelled"]


def test_a_cancelled_race_comes_back_at_another_circuit() -> None:
    ingest_calendar(2026, events(6), now=NOW)
    back = event(6, name="Grand Prix 6 in Malaysia", circuit_id="sepang", starts_at=event(8).starts_at, round_number=8)
    back = replace(back, first_practice_at=None, qualifying_at=None, starts_at=back.starts_at + timedelta(weeks=1))

    counts = ingest_calendar(2026, [*events(6), back], now=NOW)

    assert counts == Counts(updated=1, unchanged=7)
    stored = race(6)
    assert (stored.status, stored.round_number, stored.circuit_id) == (Race.Status.SCHEDULED, 8, "sepang")
    assert log_names() == ["RaceCancelled", "RaceReinstated"]
    assert ingest_calendar(2026, [*events(6), back], now=NOW) == Counts(unchanged=8)


def test_a_cancelled_race_stays_cancelled_while_it_is_absent() -> None:
    ingest_calendar(2026, events(6), now=NOW)

    assert ingest_calendar(2026, events(6), now=NOW) == Counts(unchanged=7)
    assert log_names() == ["RaceCancelled"]


def test_an_event_may_say_itself_that_it_is_cancelled() -> None:
    told = [*events(6), event(6, round_number=None, is_cancelled=True)]

    assert ingest_calendar(2026, told, now=NOW).updated == 3
    assert race(6).status == Race.Status.CANCELLED
    assert ingest_calendar(2026, told, now=NOW) == Counts(unchanged=8)


def test_rounds_may_be_swapped() -> None:
    told = [event(n, round_number={6: 7, 7: 6}.get(n, n)) for n in range(1, 9)]

    assert ingest_calendar(2026, told, now=NOW) == Counts(updated=2, unchanged=6)
    assert (rounds()["race_6"], rounds()["race_7"]) == (7, 6)


def test_a_calendar_without_a_race_that_has_results_is_refused() -> None:
    Race.objects.filter(external_id="race_2").update(results_status=Race.Results.PROVISIONAL)

    with pytest.raises(CalendarRefused, match="lacks races that have results: Grand Prix 2"):
        ingest_calendar(2026, events(2, 6), now=NOW)
    assert rounds()["race_8"] == 8


@pytest.mark.parametrize("missing", [(5, 6, 7, 8), tuple(range(1, 9))])
def test_a_calendar_without_more_than_three_coming_races_is_refused(missing: tuple[int, ...]) -> None:
    with pytest.raises(CalendarRefused, match="lacks 4 coming races at once"):
        ingest_calendar(2026, events(*missing), now=NOW)
    assert log_names() == []


def test_three_coming_races_may_go_at_once_whatever_else_is_missing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        counts = ingest_calendar(2026, events(3, 4, 5, 6, 7), now=NOW)

    assert log_names() == ["RaceCancelled"] * 3
    assert len(counts.problems) == 2
    assert sum("race cancelled" in record.getMessage() for record in caplog.records) == 3


def test_a_host_cancels_a_race_that_the_calendar_would_not() -> None:
    host = UserFactory()
    ingest_calendar(2026, events(4), now=NOW)

    cancel_race(race(4).pk, actor=host, now=NOW)
    cancel_race(race(4).pk, actor=host, now=NOW)

    assert race(4).status == Race.Status.CANCELLED
    assert list(EventLog.objects.values_list("name", "actor")) == [("RaceCancelled", host.pk)]
    assert ingest_calendar(2026, events(4), now=NOW) == Counts(unchanged=7)


def test_a_race_with_results_cannot_be_cancelled() -> None:
    Race.objects.filter(external_id="race_2").update(results_status=Race.Results.PROVISIONAL)

    with pytest.raises(RaceHasResults, match="2026 Grand Prix 2 has results"):
        cancel_race(race(2).pk, actor=None, now=NOW)


def test_a_race_that_a_held_event_may_be_is_not_cancelled() -> None:
    told = [
        *events(8),
        event(8, key="a", round_number=8),
        event(8, key="b", round_number=9, starts_at=event(7).starts_at, first_practice_at=None, qualifying_at=None),
    ]

    counts = ingest_calendar(2026, told, now=NOW)

    assert (race(8).status, race(8).round_number) == (Race.Status.SCHEDULED, None)
    assert counts.problems[-1] == "The calendar lacks the Grand Prix 8, but a held event may be it: left as it is."

    resolve_held_event(HeldEvent.objects.get(external_id="a"), race=race(8), actor=None, now=NOW)
    resolve_held_event(HeldEvent.objects.get(external_id="b"), race=None, actor=None, now=NOW)
    assert ingest_calendar(2026, told, now=NOW).problems == []
    assert (race(8).status, race(8).round_number) == (Race.Status.SCHEDULED, 8)


def test_a_race_that_has_started_is_not_cancelled_by_absence() -> None:
    counts = ingest_calendar(2026, events(4), now=NOW)

    assert race(4).status == Race.Status.SCHEDULED
    assert rounds()["race_4"] is None  # its number belongs to the next one now
    assert counts.problems == ["The Grand Prix 4 has started, but the calendar lacks it: left as it is."]


def test_a_calendar_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(CalendarRefused, match="twice"):
        ingest_calendar(2026, [*events(), event(9, round_number=3)], now=NOW)


def test_an_unknown_event_is_held_and_never_attached() -> None:
    stranger = event(9)

    counts = ingest_calendar(2026, [*events(), stranger], now=NOW)
    again = ingest_calendar(2026, [*events(), stranger], now=NOW)

    held = HeldEvent.objects.get()
    assert (held.external_id, held.payload["name"], held.race) == ("race_9", "Grand Prix 9", None)
    assert counts.created == 1
    assert counts.problems == ["Grand Prix 9 (race_9) matches no race of 2026: held for a decision."]
    assert again == Counts(unchanged=8)
    assert Race.objects.count() == 8


def test_a_held_event_can_become_a_new_race() -> None:
    ingest_calendar(2026, [*events(), event(9)], now=NOW)

    created = resolve_held_event(HeldEvent.objects.get(), race=None, actor=UserFactory(), now=NOW)

    assert (created.external_id, created.round_number, created.starts_at) == ("race_9", 9, event(9).starts_at)
    assert HeldEvent.objects.get().resolved_at == NOW
    assert resolve_held_event(HeldEvent.objects.get(), race=None, actor=None, now=NOW) == created
    assert ingest_calendar(2026, [*events(), event(9)], now=NOW) == Counts(unchanged=9)


def test_a_held_event_can_be_a_known_race_and_stays_it() -> None:
    told = [*events(8), event(9, round_number=8)]
    ingest_calendar(2026, told, now=NOW)
    assert race(8).status == Race.Status.CANCELLED

    resolve_held_event(HeldEvent.objects.get(), race=race(8), actor=None, now=NOW)
    ingest_calendar(2026, told, now=NOW)

    stored = race(8)
    assert (stored.name, stored.round_number, stored.status) == ("Grand Prix 9", 8, Race.Status.SCHEDULED)
    assert ingest_calendar(2026, told, now=NOW) == Counts(unchanged=8)
    with pytest.raises(EventResolved):
        resolve_held_event(HeldEvent.objects.get(), race=race(7), actor=None, now=NOW)


def test_a_held_event_cannot_be_a_race_that_the_calendar_names_nor_one_of_another_season() -> None:
    ingest_calendar(2026, [*events(), event(9)], now=NOW)
    other = RaceFactory(season=SeasonFactory(year=2025), round_number=None)

    for wrong in (race(7), other):
        with pytest.raises(Invalid, match="Choose a race of 2026 that the calendar does not name"):
            resolve_held_event(HeldEvent.objects.get(), race=wrong, actor=None, now=NOW)
    assert HeldEvent.objects.get().resolved_at is None


def test_a_decided_race_that_comes_back_under_its_own_name_is_itself() -> None:
    ingest_calendar(2026, [*events(8), event(9, round_number=8)], now=NOW)
    resolve_held_event(HeldEvent.objects.get(), race=race(8), actor=None, now=NOW)
    told = [*events(), event(9)]

    counts = ingest_calendar(2026, told, now=NOW)

    assert (race(8).name, race(8).starts_at) == ("Grand Prix 8", event(8).starts_at)
    assert HeldEvent.objects.get().resolved_at is None
    assert counts.problems == ["Grand Prix 9 (race_9) is another race than was decided: held again."]
    assert ingest_calendar(2026, told, now=NOW) == Counts(unchanged=8)


def test_a_held_event_that_turns_out_to_be_a_known_race_needs_no_decision() -> None:
    renamed = event(8, key="city_8", starts_at=event(8).starts_at + timedelta(days=20), first_practice_at=None)
    ingest_calendar(2026, [*events(8), replace(renamed, qualifying_at=None)], now=NOW)
    held = HeldEvent.objects.get()

    ingest_calendar(2026, [*events(8), event(8, key="city_8")], now=NOW)

    race_8 = Race.objects.get(external_id="city_8")
    held.refresh_from_db()
    assert (held.race, held.resolved_at) == (race_8, NOW)
    assert resolve_held_event(held, race=None, actor=None, now=NOW) == race_8


def test_a_held_event_does_not_become_a_race_that_there_is() -> None:
    ingest_calendar(2026, [*events(), event(9)], now=NOW)
    RaceFactory(season=race(1).season, external_id="race_9", round_number=None)

    with pytest.raises(EventResolved, match="already knows Grand Prix 9"):
        resolve_held_event(HeldEvent.objects.get(), race=None, actor=None, now=NOW)


def test_a_new_race_from_a_held_event_takes_no_round_that_is_in_use() -> None:
    ingest_calendar(2026, [*events(8), event(9, round_number=8)], now=NOW)
    Race.objects.filter(external_id="race_8").update(round_number=8)

    assert resolve_held_event(HeldEvent.objects.get(), race=None, actor=None, now=NOW).round_number is None


def test_a_renamed_race_at_its_circuit_follows_the_new_name() -> None:
    renamed = event(8, key="city_8", name="City Grand Prix")

    assert ingest_calendar(2026, [*events(8), renamed], now=NOW) == Counts(updated=1, unchanged=7)
    assert Race.objects.get(name="City Grand Prix").external_id == "city_8"
    assert ingest_calendar(2026, [*events(8), renamed], now=NOW) == Counts(unchanged=8)


def test_a_moved_start_is_told() -> None:
    moved = event(6, starts_at=event(6).starts_at - timedelta(hours=3))

    ingest_calendar(2026, [*events(6)[:5], moved, event(7), event(8)], now=NOW)

    logged = EventLog.objects.get(name="RaceRescheduled")
    assert logged.data == {
        "race_id": race(6).pk,
        "old_start": event(6).starts_at.isoformat(),
        "new_start": moved.starts_at.isoformat(),
    }


def test_a_moved_start_of_a_held_race_is_a_correction_only() -> None:
    Race.objects.filter(external_id="race_2").update(status=Race.Status.FINISHED)
    moved = event(2, starts_at=event(2).starts_at + timedelta(hours=3))

    ingest_calendar(2026, [event(1), moved, *events()[2:]], now=NOW)

    assert race(2).starts_at == moved.starts_at
    assert log_names() == []


def test_a_postponed_race_with_a_new_date_is_scheduled_again() -> None:
    Race.objects.filter(external_id="race_8").update(status=Race.Status.POSTPONED)
    later = {"starts_at": event(9).starts_at, "first_practice_at": None, "qualifying_at": None}

    ingest_calendar(2026, [*events(8), event(8, **later)], now=NOW)

    assert race(8).status == Race.Status.SCHEDULED


@pytest.mark.parametrize("days", [-3, -40, 30])
def test_a_start_that_does_not_fit_its_own_practice_is_not_believed(days: int) -> None:
    wrong = event(6, name="New name", starts_at=event(6).starts_at + timedelta(days=days))

    counts = ingest_calendar(2026, [*events()[:5], wrong, *events()[6:]], now=NOW)

    assert (race(6).name, race(6).starts_at) == ("New name", event(6).starts_at)
    assert len(counts.problems) == 1
    assert counts.problems[0].startswith("The New name would start ")
    assert log_names() == []


def test_a_first_calendar_reports_nonsense_too() -> None:
    SeasonFactory(year=2027)
    wrong = event(1, starts_at=event(1).starts_at - timedelta(days=9))

    assert ingest_calendar(2027, [wrong], now=NOW) == Counts(
        created=1,
        problems=["The Grand Prix 1 would start 2026-02-27 13:00 UTC, which does not fit its other sessions."],
    )


def test_a_day_without_a_time_does_not_undo_the_time_we_know() -> None:
    noon = event(6).starts_at.replace(hour=12)
    vague = event(6, starts_at=noon, time_known=False)

    assert ingest_calendar(2026, [*events()[:5], vague, *events()[6:]], now=NOW) == Counts(unchanged=8)

    another_day = replace(vague, starts_at=noon + timedelta(days=1))
    ingest_calendar(2026, [*events()[:5], another_day, *events()[6:]], now=NOW)
    assert race(6).starts_at == noon + timedelta(days=1)


def test_a_session_that_one_answer_lacks_keeps_its_start() -> None:
    vague = event(6, first_practice_at=None, qualifying_at=event(6).qualifying_at.replace(hour=12))
    vague = replace(vague, days_only=("qualifying_at",))

    assert ingest_calendar(2026, [*events()[:5], vague, *events()[6:]], now=NOW) == Counts(unchanged=8)


def test_a_session_that_is_told_on_another_day_moves_even_without_its_time() -> None:
    friday = event(6).qualifying_at.replace(hour=12) - timedelta(days=1)
    moved = event(6, qualifying_at=friday, days_only=("qualifying_at",))

    ingest_calendar(2026, [*events()[:5], moved, *events()[6:]], now=NOW)

    assert race(6).qualifying_at == friday


def test_sessions_do_not_outlive_their_weekend_or_its_format() -> None:
    start = event(6).starts_at
    sprint = {"sprint_at": start - timedelta(hours=28), "sprint_qualifying_at": start - timedelta(hours=44)}
    ingest_calendar(2026, [*events()[:5], event(6, **sprint), *events()[6:]], now=NOW)
    assert race(6).has_sprint

    normal = event(6, third_practice_at=start - timedelta(hours=27))
    ingest_calendar(2026, [*events()[:5], normal, *events()[6:]], now=NOW)
    assert (race(6).sprint_at, race(6).sprint_qualifying_at) == (None, None)

    later = event(6, starts_at=start + timedelta(days=2), qualifying_at=None)
    ingest_calendar(2026, [*events()[:5], later, *events()[6:]], now=NOW)
    assert (race(6).third_practice_at, race(6).qualifying_at) == (None, None)


def test_seasons_do_not_mix() -> None:
    RaceFactory(season=SeasonFactory(year=2025), external_id="race_1")

    assert ingest_calendar(2026, events(), now=NOW) == Counts(unchanged=8)
