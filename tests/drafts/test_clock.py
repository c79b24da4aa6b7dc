"""How long turns last: laws that hold in every zone, on every day, and the figures of the rules."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drafts.clock import Quiet, deadline, time_between, turn_time

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NIGHT = Quiet(time(22), time(8), "Europe/Berlin")

moments = st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
lengths = st.timedeltas(timedelta(), 6 * DAY)


def quiet_hours(begins: int, free: int, zone: str) -> Quiet:
    """Both in quarters of an hour: when they begin, and how much of the day is left to the clock."""
    first, last = (datetime.min + quarters * MINUTE * 15 for quarters in (begins, begins - free + 96))  # noqa: DTZ901
    return Quiet(first.time(), last.time(), zone)


quiets = st.builds(quiet_hours, st.integers(0, 95), st.integers(4, 95), st.sampled_from(ZONES))
law = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@law
@given(moments, lengths, st.none() | quiets)
def test_the_time_until_a_deadline_is_what_the_clock_was_given(
    start: datetime, length: timedelta, quiet: Quiet | None
) -> None:
    assert time_between(start, deadline(start, length, quiet), quiet) == length


@law
@given(moments, lengths, lengths, st.none() | quiets)
def test_a_pause_loses_nothing_and_gives_nothing(
    start: datetime, length: timedelta, later: timedelta, quiet: Quiet | None
) -> None:
    """What is left at some moment leads to the same deadline as the whole did from the start."""
    ends = deadline(start, length, quiet)
    stopped = min(start + later, ends)

    left = time_between(stopped, ends, quiet)

    assert time_between(start, stopped, quiet) + left == length
    assert deadline(stopped, left, quiet) == ends or left == timedelta()


@law
@given(moments, lengths, lengths, st.none() | quiets)
def test_who_starts_later_or_has_more_time_ends_no_sooner(
    start: datetime, length: timedelta, more: timedelta, quiet: Quiet | None
) -> None:
    ends = deadline(start, length, quiet)

    assert ends >= start + length
    assert deadline(start + more, length, quiet) >= ends
    assert deadline(start, length + more, quiet) >= ends + more


@law
@given(moments, lengths.filter(bool), quiets)
def test_no_clock_ends_in_quiet_hours(start: datetime, length: timedelta, quiet: Quiet) -> None:
    ends = deadline(start, length, quiet)

    assert time_between(ends - MINUTE, ends, quiet) > timedelta()


@pytest.mark.parametrize(
    ("start", "hours", "ends"),
    [
        ("2026-07-22T10:00Z", 8, "2026-07-22T18:00Z"),
        ("2026-07-22T12:00Z", 8, "2026-07-22T20:00Z"),  # the very beginning of the night, 22:00 in Berlin
        ("2026-07-22T13:00Z", 8, "2026-07-23T07:00Z"),
        ("2026-07-22T23:00Z", 8, "2026-07-23T14:00Z"),
        ("2026-07-22T20:00Z", 0, "2026-07-23T06:00Z"),
        ("2026-03-28T20:00Z", 2, "2026-03-29T07:00Z"),  # an hour before the night that lacks one
        ("2026-10-24T19:00Z", 2, "2026-10-25T08:00Z"),  # an hour before the night that has one more
        ("2026-07-22T06:00Z", 28, "2026-07-23T20:00Z"),  # two whole days
    ],
)
def test_a_clock_rests_at_night(start: str, hours: int, ends: str) -> None:
    assert deadline(datetime.fromisoformat(start), hours * HOUR, NIGHT) == datetime.fromisoformat(ends)


def test_quiet_hours_may_lie_within_a_day() -> None:
    siesta = Quiet(time(13), time(15), "Europe/Madrid")
    noon = datetime(2026, 7, 22, 10, tzinfo=UTC)  # 12:00 in Madrid

    assert deadline(noon, 2 * HOUR, siesta) == noon + 4 * HOUR
    assert time_between(noon + 2 * HOUR, noon + 4 * HOUR, siesta) == HOUR


def test_no_time_is_left_after_the_end() -> None:
    noon = datetime(2026, 7, 22, 12, tzinfo=UTC)

    assert time_between(noon, noon - HOUR, None) == time_between(noon, noon - HOUR, NIGHT) == timedelta()


@pytest.mark.parametrize(
    ("pick_seconds", "misses", "hours_to_lock", "turns_left", "seconds"),
    [
        (90, 0, 1, 8, 90),
        (90, 1, 1, 8, 90),
        (90, 2, 1, 8, 9),
        (28_800, 2, 48, 2, 2_880),
        (28_800, 0, 48, 6, 28_800),
        (28_800, 0, 24, 6, 14_400),  # they share the day
        (28_800, 2, 2, 6, 1_200),  # a tenth would be 48 minutes
        (28_800, 0, 0.05, 6, 60),  # no less than a minute
        (30, 0, 0.05, 20, 30),  # nor more than the clock gives
    ],
)
def test_how_long_a_turn_is(
    pick_seconds: int, misses: int, hours_to_lock: float, turns_left: int, seconds: int
) -> None:
    now = datetime(2026, 7, 22, 9, tzinfo=UTC)

    given = turn_time(
        pick_seconds,
        misses=misses,
        now=now,
        locks_at=now + hours_to_lock * HOUR,
        turns_left=turns_left,
        quiet=None,
    )

    assert given == timedelta(seconds=seconds)


def test_turns_share_the_time_that_is_not_quiet() -> None:
    now = datetime(2026, 7, 22, 18, tzinfo=UTC)  # two hours before the night in Berlin

    given = turn_time(28_800, misses=0, now=now, locks_at=now + 14 * HOUR, turns_left=4, quiet=NIGHT)

    assert given == HOUR
