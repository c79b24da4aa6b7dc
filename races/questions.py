"""Which results the upstream may be asked for, what became of the questions, and which results are late."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min, Q

from fantasy_f1.core.events import publish
from races.events import ResultsLate
from races.jolpica import address, results_path
from races.models import SESSION_STARTS, Race, ResultQuestion, ResultRevision, Session, UpstreamAnswer
from races.polling import HOUR, LATE, next_ask

JITTER = 30  # seconds, at most
MAY_BE_LATE = (Session.GRAND_PRIX, Session.SPRINT)
NEWS = timedelta(days=14)
"""A result that has been missing for longer is no news: an app that was off for so long tells nobody of it."""


@dataclass(frozen=True)
class Question:
    """A session's result as something to be asked for: from ``due_at`` on; ``row`` is what became of it so far."""

    race: Race
    session: Session
    starts_at: datetime
    due_at: datetime
    row: ResultQuestion | None
    has_rows: bool

    @property
    def asked_at(self) -> datetime | None:
        return self.row.asked_at if self.row else None

    @property
    def is_late(self) -> bool:
        """Whether the hosts were told that it is late, and it is still not there."""
        return bool(self.row and self.row.late_at and not self.has_rows)


def outlook(races: Iterable[Race], *, now: datetime) -> list[Question]:
    """The next question for each session of ``races`` that are in the calendar, in the order given. Three queries.

    What is noted of a time after ``now`` does not count: the game's clock was turned back.
    """
    races = [race for race in races if race.round_number]
    rows = {(row.race_id, row.session): row for row in ResultQuestion.objects.filter(race__in=races).order_by()}
    first_rows: dict[tuple[int, str], datetime] = {}
    by_hand: set[tuple[int, str]] = set()
    revisions = ResultRevision.objects.filter(race__in=races).order_by()
    for race, session, source, at in revisions.values_list("race_id", "session", "source").annotate(Min("created_at")):
        if source == ResultRevision.Source.MANUAL:
            by_hand.add((race, session))
        else:
            first_rows[race, session] = min(at, first_rows.get((race, session), at))
    answers = expiries([_path(race, session) for race in races for session in Session], now=now)
    questions = []
    for race in races:
        for session in Session:
            starts_at: datetime | None = getattr(race, SESSION_STARTS[session])
            if starts_at is None:
                continue
            key = (race.pk, session.value)
            row = rows.get(key)
            due_at = next_ask(
                starts_at=starts_at,
                first_rows_at=first_rows.get(key),
                last_asked_at=_past(row.answered_at if row else None, now),
                last_failed_at=_past(row.failed_at if row else None, now),
                fresh_until=answers.get(_path(race, session)),
            )
            questions.append(Question(race, session, starts_at, due_at, row, key in first_rows or key in by_hand))
    return questions


def due(*, now: datetime) -> list[Question]:
    """What may be asked for now in the season that is on, the oldest race first."""
    races = _races_of_the_season(now)
    return [question for question in outlook(races, now=now) if question.starts_at <= now and question.due_at <= now]


def expiries(paths: Iterable[str], *, now: datetime) -> dict[str, datetime]:
    """Path → until when the upstream gives the answer that we had last, for those that we ever asked for.

    A path's first page stands for all of them: they are asked for together.
    """
    first_pages = {address(path): path for path in paths}
    answers = UpstreamAnswer.objects.filter(address__in=first_pages, answered_at__lte=now).order_by()
    return {first_pages[each]: at for each, at in answers.values_list("address", "fresh_until")}


def fresh(paths: Iterable[str], *, now: datetime) -> set[str]:
    """Those of ``paths`` of which the upstream would tell nothing new."""
    return {path for path, at in expiries(paths, now=now).items() if at > now}


def note_fresh(where: str, seconds: float | None, *, at: datetime) -> None:
    """Keep until when ``where`` gives the answer that it gave ``at``; some seconds more, lest all ask at once."""
    jitter = random.uniform(0, JITTER)  # noqa: S311 (no secret)
    wait = (HOUR if seconds is None else timedelta(seconds=seconds)) + timedelta(seconds=jitter)
    UpstreamAnswer.objects.update_or_create(address=where, defaults={"answered_at": at, "fresh_until": at + wait})


def note(answers: Mapping[tuple[int, str], str], *, answered: bool, at: datetime) -> None:
    """Keep what was answered (or went wrong) ``at`` for each race and session, in words."""
    moment = "answered_at" if answered else "failed_at"
    ResultQuestion.objects.bulk_create(
        [
            ResultQuestion(race_id=race, session=session, answer=words[:200], **{moment: at})
            for (race, session), words in answers.items()
        ],
        update_conflicts=True,
        unique_fields=["race", "session"],
        update_fields=[moment, "answer"],
    )


def note_unasked(questions: Iterable[Question], problem: str, *, at: datetime) -> None:
    """Questions that were to be asked ``at``, but the upstream went away before: they wait like those that failed."""
    rows = ResultQuestion.objects.filter(Q(answered_at=at) | Q(failed_at=at)).order_by()
    asked = set(rows.values_list("race_id", "session"))
    keys = {(question.race.pk, question.session.value) for question in questions} - asked
    note(dict.fromkeys(keys, problem), answered=False, at=at)


def tell_late(*, now: datetime) -> None:
    """Tell once of each Grand Prix and sprint that has no result six hours after it could have one.

    One that moves after that, and is late again, is told again. Nothing is told of what was never asked for.
    """
    for question in outlook(_races_of_the_season(now), now=now):
        if question.session in MAY_BE_LATE and _is_late(question, now):
            _tell_late(question, now=now)


def _is_late(question: Question, now: datetime) -> bool:
    late_from = question.starts_at + LATE
    if question.has_rows or question.row is None or not late_from <= now <= late_from + NEWS:
        return False
    if question.race.status in (Race.Status.CANCELLED, Race.Status.POSTPONED):
        return False
    asked_at, told_at = question.row.asked_at, question.row.late_at
    return bool(asked_at and asked_at >= question.starts_at) and (told_at is None or told_at < late_from)


def _tell_late(question: Question, *, now: datetime) -> None:
    late_from = question.starts_at + LATE
    with transaction.atomic():
        race = Race.objects.lock(question.race.pk)
        if race.revisions.filter(session=question.session).exists():
            return
        untold = race.questions.filter(Q(late_at=None) | Q(late_at__lt=late_from), session=question.session)
        if untold.update(late_at=now):
            event = ResultsLate(race.pk, question.session.value, question.starts_at.isoformat())
            publish(event, source=race, actor=None, now=now)


def _races_of_the_season(now: datetime) -> list[Race]:
    """Races of the latest season with a session that has begun: it is on until the next one's first qualifying."""
    begun = Q(starts_at__lte=now) | Q(qualifying_at__lte=now) | Q(sprint_at__lte=now)
    latest = Race.objects.exclude(round_number=None).filter(begun).order_by("-season_id").first()
    return list(Race.objects.filter(season_id=latest.season_id).in_calendar_order()) if latest else []


def _path(race: Race, session: Session) -> str:
    return results_path(race.season_id, session, round_number=race.round_number)


def _past(at: datetime | None, now: datetime) -> datetime | None:
    return at if at and at <= now else None
