from datetime import UTC, datetime, timedelta

import pytest

from races.polling import next_ask

START = datetime(2026, 7, 26, 13, tzinfo=UTC)
ROWS = START + timedelta(hours=4)  # 17:00


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, timedelta(hours=2)),
        (timedelta(hours=1), timedelta(hours=2)),  # asked for another session, before this one could have a result
        (timedelta(hours=2), timedelta(hours=3)),
        (timedelta(hours=13), timedelta(hours=14)),
        (timedelta(hours=14), timedelta(hours=20)),
        (timedelta(days=6), timedelta(days=6, hours=6)),
        (timedelta(days=8), timedelta(days=15)),
    ],
)
def test_without_rows_questions_become_rarer(asked: timedelta | None, expected: timedelta) -> None:
    last = START + asked if asked is not None else None

    assert next_ask(starts_at=START, first_rows_at=None, last_asked_at=last) == START + expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (timedelta(0), timedelta(hours=2)),
        (timedelta(hours=2), timedelta(hours=6)),
        (timedelta(hours=6), timedelta(hours=16)),  # 09:00 the next morning
        (timedelta(hours=16), timedelta(hours=48)),
        (timedelta(hours=48), timedelta(days=7)),
        (timedelta(days=7), timedelta(days=14)),
        (timedelta(days=30), timedelta(days=35)),
    ],
)
def test_with_rows_corrections_are_looked_for(asked: timedelta, expected: timedelta) -> None:
    assert next_ask(starts_at=START, first_rows_at=ROWS, last_asked_at=ROWS + asked) == ROWS + expected


@pytest.mark.parametrize(
    ("rows", "asked", "failed", "expected"),
    [
        (None, None, timedelta(hours=2), timedelta(hours=3)),
        (None, None, timedelta(hours=1), timedelta(hours=2)),  # failed before this session could have a result
        (None, timedelta(hours=2), timedelta(hours=9), timedelta(hours=10)),
        (ROWS, timedelta(hours=4), timedelta(hours=6), timedelta(hours=7)),
        (ROWS, timedelta(hours=6), timedelta(hours=5), timedelta(hours=10)),
    ],
)
def test_a_question_that_failed_is_asked_again_after_an_hour(
    rows: datetime | None, asked: timedelta | None, failed: timedelta, expected: timedelta
) -> None:
    last = START + asked if asked is not None else None
    moment = next_ask(starts_at=START, first_rows_at=rows, last_asked_at=last, last_failed_at=START + failed)

    assert moment == START + expected


def test_an_answer_is_never_asked_for_again_while_it_is_in_the_cache() -> None:
    rows = datetime(2026, 7, 26, 23, tzinfo=UTC)
    asked = datetime(2026, 7, 27, 8, 30, tzinfo=UTC)  # late, and half an hour before the morning's question

    assert next_ask(starts_at=START, first_rows_at=rows, last_asked_at=asked) == asked + timedelta(hours=1)


@pytest.mark.parametrize(
    ("fresh", "expected"),
    [
        (timedelta(hours=2, minutes=40), timedelta(hours=2, minutes=40)),  # it was in the cache for a while already
        (timedelta(hours=2, minutes=1), timedelta(hours=2, minutes=10)),  # however short it is kept
        (timedelta(hours=4), timedelta(hours=4)),
        (timedelta(hours=1), timedelta(hours=3)),  # of an answer before: this one came from another address
    ],
)
def test_without_rows_the_next_question_comes_when_the_answer_expires(fresh: timedelta, expected: timedelta) -> None:
    moment = next_ask(
        starts_at=START, first_rows_at=None, last_asked_at=START + timedelta(hours=2), fresh_until=START + fresh
    )

    assert moment == START + expected


def test_the_first_question_waits_for_an_answer_that_somebody_asked_for_too_early() -> None:
    fresh = START + timedelta(hours=2, minutes=30)

    assert next_ask(starts_at=START, first_rows_at=None, last_asked_at=None, fresh_until=fresh) == fresh
