"""The plan of a race weekend, played step by step against an upstream that keeps its answers for an hour."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from fantasy_f1.core.models import EventLog
from races import questions, sync
from races.models import Race, ResultQuestion, ResultRevision, SyncRun, UpstreamAnswer
from races.results import ingest_results
from races.rows import ResultRow
from races.seasons import load_season
from races.sync import sync_due_facts, sync_due_results, sync_season
from tests.conftest import NOW
from tests.factories import RaceFactory, SeasonFactory
from tests.races.conftest import HUNGARY, At
from tests.upstream import UpstreamDouble

pytestmark = pytest.mark.django_db

QUALIFYING = datetime(2026, 7, 25, 14, tzinfo=UTC)
HUNGARIAN = "2026_hungarian_grand_prix"
Play = Callable[[datetime, datetime], list[tuple[datetime, str]]]


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "JITTER", 0)
    monkeypatch.setattr(sync, "monotonic", lambda: 0.0)  # nor any time between question and answer


@pytest.fixture
def season(upstream: UpstreamDouble) -> None:
    """The season up to Hungary, with the races before it out of the way: those are read again, too."""
    load_season(2026, until=NOW, now=NOW)
    Race.objects.filter(starts_at__lt=NOW).update(round_number=None)
    upstream.keeps_answers = timedelta(hours=1)


@pytest.fixture
def play(upstream: UpstreamDouble, at: At) -> Play:
    """Let beat run every half hour from one moment to another → when what was asked, as ``11/results``."""

    def run(start: datetime, end: datetime, every: timedelta = timedelta(minutes=30)) -> list[tuple[datetime, str]]:
        log = []
        for moment in _moments(start, end, every):
            at(moment)
            upstream.asked.clear()
            sync_due_results(now=moment)
            questions.tell_late(now=moment)
            log += [(moment, path.removeprefix("/ergast/f1/2026/").partition("/?")[0]) for path in upstream.asked]
        return log

    return run


def _moments(start: datetime, end: datetime, every: timedelta) -> Iterator[datetime]:
    while start <= end:
        yield start
        start += every


def due(now: datetime) -> list[tuple[str, str]]:
    return [(question.race.external_id, question.session.value) for question in questions.due(now=now)]


def clocks(log: list[tuple[datetime, str]], what: str) -> list[str]:
    return [f"{moment:%a %H:%M}" for moment, path in log if path == what]


def test_a_weekend_is_asked_for_by_the_plan(season: None, play: Play, upstream: UpstreamDouble) -> None:
    log = play(QUALIFYING - timedelta(hours=2), HUNGARY + timedelta(hours=24))
    log += play(HUNGARY + timedelta(hours=25), HUNGARY + timedelta(days=8), timedelta(hours=1))

    # There after three hours: asked for when they can be, once more when the empty answer has expired, and then after
    # 2 h, 6 h, at 09:00, after 48 h and 7 days.
    assert clocks(log, "11/qualifying") == [
        *["Sat 16:00", "Sat 17:00", "Sat 19:00", "Sat 23:00", "Sun 09:00", "Mon 17:00", "Sat 17:00"]
    ]
    assert clocks(log, "11/results") == [
        *["Sun 15:00", "Sun 16:00", "Sun 18:00", "Sun 22:00", "Mon 09:00", "Tue 16:00", "Sun 16:00"]
    ]
    assert len(log) == 14
    assert Race.objects.get(external_id=HUNGARIAN).results_status == "official"


def test_questions_go_on_weekly_until_the_next_season_begins(season: None, play: Play) -> None:
    day = timedelta(days=1)
    play(HUNGARY + timedelta(hours=3), HUNGARY + timedelta(days=8), day)

    log = play(HUNGARY + timedelta(days=8), HUNGARY + timedelta(days=36), day)

    assert len([path for _, path in log if path == "11/results"]) == 4


def test_the_last_race_is_asked_for_though_the_next_calendar_is_known(season: None, at: At) -> None:
    Race.objects.filter(starts_at__gt=HUNGARY).update(round_number=None)
    load_season(2025, until=NOW, now=NOW)
    RaceFactory(season=SeasonFactory(year=2027), starts_at=HUNGARY + timedelta(days=200))

    assert (HUNGARIAN, "grand_prix") in due(HUNGARY + timedelta(hours=2))


def test_an_answer_that_was_in_the_cache_for_a_while_is_asked_for_when_it_expires(
    season: None, play: Play, at: At, upstream: UpstreamDouble
) -> None:
    early = HUNGARY + timedelta(hours=1, minutes=30)
    at(early)
    sync_season(2026, what="results", round_number=11, now=early)  # a person asked; of the Grand Prix nothing
    stranger = "/ergast/f1/2026/11/results/?limit=100&offset=0"
    upstream.answer_again(stranger, "")  # but another one did, and pinned an empty answer

    log = play(HUNGARY + timedelta(hours=2), HUNGARY + timedelta(hours=4))

    assert clocks(log, "11/results") == ["Sun 15:00", "Sun 15:30", "Sun 16:30"]
    assert ResultRevision.objects.filter(race__external_id=HUNGARIAN, session="grand_prix").count() == 1


def test_what_was_learned_is_kept_but_not_of_a_time_to_come(season: None, at: At, upstream: UpstreamDouble) -> None:
    asked = HUNGARY + timedelta(hours=2, minutes=30)
    at(asked)
    sync_due_results(now=asked)

    answer = UpstreamAnswer.objects.get(address="2026/11/results/?offset=0")
    assert (answer.answered_at, answer.fresh_until) == (asked, asked + timedelta(hours=1))
    assert due(asked + timedelta(minutes=59)) == []
    assert due(asked + timedelta(minutes=60)) == [(HUNGARIAN, "grand_prix")]
    # the game's clock is turned back: as far as the game goes, nothing was asked yet
    assert due(asked - timedelta(minutes=30)) == [(HUNGARIAN, "grand_prix")]


def test_not_all_ask_at_once_when_an_answer_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "JITTER", 30)
    waits = set()
    for number in range(20):
        questions.note_fresh(f"2026/{number}/results/?offset=0", 600, at=NOW)
    for answer in UpstreamAnswer.objects.all():
        waits.add(answer.fresh_until - NOW - timedelta(minutes=10))

    assert len(waits) > 10
    assert timedelta(0) <= min(waits) < max(waits) <= timedelta(seconds=30)


def test_an_upstream_that_does_not_say_is_taken_to_keep_answers_for_an_hour(season: None, at: At) -> None:
    questions.note_fresh("2026/11/results/?offset=0", None, at=HUNGARY)

    assert UpstreamAnswer.objects.get().fresh_until == HUNGARY + timedelta(hours=1)


def test_more_than_a_few_races_are_asked_for_as_a_whole_season(at: At, upstream: UpstreamDouble) -> None:
    load_season(2026, until=NOW, now=NOW)
    upstream.keeps_answers = timedelta(hours=1)
    later = NOW + timedelta(hours=2)  # the first re-reading of what the bundle told
    at(later)

    run = sync_due_results(now=later)

    assert run is not None
    assert (run.status, run.requests, run.race, run.created) == ("ok", len(upstream.asked), None, 0)
    assert {path.partition("?")[0] for path in upstream.asked} == {
        f"/ergast/f1/2026/{what}/" for what in ("results", "sprint", "qualifying")
    }
    upstream.asked.clear()
    assert sync_due_results(now=later + timedelta(minutes=10)) is None
    ResultQuestion.objects.all().delete()  # due again, but the season's pages are still fresh
    assert sync_due_results(now=later + timedelta(minutes=20)) is None
    assert upstream.asked == []


def test_a_day_without_the_upstream_costs_the_plans_questions_and_is_made_up_for(
    season: None, play: Play, upstream: UpstreamDouble
) -> None:
    play(QUALIFYING, HUNGARY)
    upstream.fault(*["503"] * 1000)
    failed_before = SyncRun.objects.filter(status="failed").count()
    log = play(HUNGARY, HUNGARY + timedelta(hours=24))

    # Each question of an hour is sent four times (three repetitions), and after the first nothing else is asked.
    assert len(log) <= 4 * 23
    failures = SyncRun.objects.filter(status="failed").count() - failed_before
    assert len(log) == 4 * failures
    grand_prix = ResultQuestion.objects.get(race__external_id=HUNGARIAN, session="grand_prix")
    assert "503" in grand_prix.answer
    assert grand_prix.late_at == HUNGARY + timedelta(hours=8)
    assert EventLog.objects.filter(name="ResultsLate").count() == 1

    upstream.fault_no_more()
    back = play(HUNGARY + timedelta(hours=24, minutes=10), HUNGARY + timedelta(hours=26))

    assert clocks(back, "11/results")[0] <= "Mon 14:10"
    assert Race.objects.get(external_id=HUNGARIAN).results_status == "official"
    assert not ResultQuestion.objects.late().exists()


def test_an_upstream_that_is_away_is_not_asked_for_the_next_race(
    season: None, at: At, upstream: UpstreamDouble
) -> None:
    Race.objects.filter(external_id="2026_belgian_grand_prix").update(round_number=10)
    ResultRevision.objects.filter(race__round_number=10).delete()
    moment = HUNGARY + timedelta(hours=4)
    at(moment)
    upstream.fault(*["503"] * 4)

    run = sync_due_results(now=moment)

    assert run is not None
    assert (run.requests, run.race) == (4, None)
    asked = ResultQuestion.objects.filter(failed_at=moment).values_list("race__round_number", "session")
    assert set(asked) == {(10, "grand_prix"), (10, "qualifying"), (11, "grand_prix"), (11, "qualifying")}
    assert due(moment + timedelta(minutes=59)) == []
    assert len(due(moment + timedelta(minutes=60))) == 4


def test_a_late_result_is_told_once(season: None, play: Play, upstream: UpstreamDouble) -> None:
    upstream.drop_result(2026, HUNGARIAN)

    play(HUNGARY, HUNGARY + timedelta(hours=7, minutes=50))
    assert not EventLog.objects.filter(name="ResultsLate").exists()
    play(HUNGARY + timedelta(hours=8), HUNGARY + timedelta(hours=12))

    event = EventLog.objects.get(name="ResultsLate")
    race = Race.objects.get(external_id=HUNGARIAN)
    assert event.topic == f"race:{race.pk}"
    assert event.data == {"race_id": race.pk, "session": "grand_prix", "started_at": "2026-07-26T13:00:00+00:00"}
    assert [question.race for question in ResultQuestion.objects.late()] == [race]


def test_a_result_by_hand_is_not_late_nor_the_last_word(season: None, play: Play, upstream: UpstreamDouble) -> None:
    play(QUALIFYING, HUNGARY)
    race = Race.objects.get(external_id=HUNGARIAN)
    rows = [
        ResultRow(entry.driver.external_id, entry.team.external_id, place, str(place))
        for place, entry in enumerate(race.entries.draftable(), start=1)
    ]
    ingest_results(race, "grand_prix", rows, source="manual", now=HUNGARY + timedelta(hours=2))

    log = play(HUNGARY + timedelta(hours=2), HUNGARY + timedelta(hours=9))

    assert clocks(log, "11/results")[:2] == ["Sun 15:00", "Sun 16:00"]
    assert not EventLog.objects.filter(name="ResultsLate").exists()


@pytest.mark.parametrize("status", ["cancelled", "postponed"])
def test_a_race_that_is_not_held_is_not_late(season: None, play: Play, upstream: UpstreamDouble, status: str) -> None:
    upstream.drop_result(2026, HUNGARIAN)
    play(HUNGARY + timedelta(hours=2), HUNGARY + timedelta(hours=3))
    Race.objects.filter(external_id=HUNGARIAN).update(status=status)

    play(HUNGARY + timedelta(hours=9), HUNGARY + timedelta(hours=9))

    assert not EventLog.objects.filter(name="ResultsLate").exists()


def test_nothing_is_told_of_a_result_that_came_meanwhile(season: None, play: Play, upstream: UpstreamDouble) -> None:
    upstream.drop_result(2026, HUNGARIAN)
    play(HUNGARY + timedelta(hours=2), HUNGARY + timedelta(hours=2))
    late = next(q for q in questions.outlook(Race.objects.filter(external_id=HUNGARIAN), now=HUNGARY) if q.row)
    ResultRevision.objects.create(
        race=late.race, session=late.session, number=1, source="manual", digest="x", created_at=HUNGARY
    )

    questions._tell_late(late, now=HUNGARY + timedelta(hours=9))

    assert not EventLog.objects.filter(name="ResultsLate").exists()


def test_the_calendar_is_not_asked_for_while_it_is_fresh(at: At, upstream: UpstreamDouble) -> None:
    upstream.keeps_answers, friday = timedelta(hours=5), NOW + timedelta(days=2)
    sync_due_facts(2026, now=friday)

    early = sync_due_facts(2026, now=friday + timedelta(hours=4))
    later = [run.what for run in sync_due_facts(2026, now=friday + timedelta(hours=6))]

    assert (early, later) == ([], ["calendar"])


def test_drivers_and_calendar_are_asked_for_daily_and_a_calendar_oftener_before_a_race(
    at: At, upstream: UpstreamDouble
) -> None:
    """From Wednesday, 9:00, to Sunday, 13:00, when the race starts."""
    upstream.keeps_answers = timedelta(hours=1)

    asked = [
        (run.what, hours)
        for hours in range(0, 7 * 24)
        for run in sync_due_facts(2026, now=NOW + timedelta(hours=hours))
    ]

    assert [hours for what, hours in asked if what == "drivers"] == list(range(0, 168, 23))
    until_thursday, weekend, after = [0, 23], list(range(28, 101, 3)), [123, 146]
    assert [hours for what, hours in asked if what == "calendar"] == until_thursday + weekend + after


def test_a_beat_that_comes_a_moment_early_asks_for_the_calendar_all_the_same(at: At, upstream: UpstreamDouble) -> None:
    upstream.keeps_answers, friday = timedelta(hours=1), NOW + timedelta(days=2)
    sync_due_facts(2026, now=friday + timedelta(seconds=2))

    again = sync_due_facts(2026, now=friday + timedelta(hours=3))

    assert [run.what for run in again] == ["calendar"]


def test_a_calendar_that_could_not_be_had_is_asked_for_within_the_hour(at: At, upstream: UpstreamDouble) -> None:
    upstream.fault(*["503"] * 1000)
    failed = sync_due_facts(2026, now=NOW)
    upstream.fault_no_more()

    again = sync_due_facts(2026, now=NOW + timedelta(hours=1))
    after = sync_due_facts(2026, now=NOW + timedelta(hours=2))

    assert [(run.what, run.status) for run in failed] == [("drivers", "failed"), ("calendar", "failed")]
    assert [(run.what, run.status) for run in again] == [("drivers", "ok"), ("calendar", "ok")]
    assert after == []


def test_nothing_is_due_before_a_session_nor_without_a_season(at: At, upstream: UpstreamDouble) -> None:
    assert sync_due_results(now=NOW) is None
    assert upstream.asked == []

    load_season(2026, until=datetime(2026, 1, 1, tzinfo=UTC), now=datetime(2026, 1, 1, tzinfo=UTC))
    assert due(datetime(2026, 3, 7, 6, 59, tzinfo=UTC)) == []
    assert due(datetime(2026, 3, 7, 7, tzinfo=UTC)) == [("2026_australian_grand_prix", "qualifying")]
