"""Results of a session: every version is kept, and what differs is told in words."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from django.db import transaction
from django.db.models import F

from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.events import publish
from fantasy_f1.core.numbers import plain
from races import drivers, entries, stints
from races.events import ResultsAmended, ResultsPublished
from races.models import Driver, Race, RaceResult, ResultRevision, Season, Session, Team
from races.rows import Counts, ResultRow

if TYPE_CHECKING:
    from accounts.models import User

MANUAL = ResultRevision.Source.MANUAL
SETTLED_AFTER = timedelta(hours=24)
MAY_VANISH = {Session.QUALIFYING: 2}
"""Rows that a later version may lack: whoever is disqualified from a qualifying goes from its sheet."""

COMPARED = ["grid", "laps", "status", "time", "fastest_lap", "fastest_lap_rank", "number", "q1", "q2", "q3"]
COUNTS = ["team_id", "points", "status", "grid", "fastest_lap_rank"]
"""What can move a score, beside a classified place; everything else of a row is for display."""

NOT_CLASSIFIED = {"R": "DNF", "D": "disqualified", "W": "did not start", "F": "did not qualify"}


class ResultsRefused(DomainError):
    """The rows make no sense; the stored result stays."""

    code = "results_refused"


@dataclass(frozen=True)
class Outcome:
    """What an ingest did; ``changes`` are sentences, empty unless ``amended``."""

    kind: Literal["created", "unchanged", "amended"]
    rows: int
    changes: list[str] = field(default_factory=list)

    def counts(self) -> Counts:
        return Counts(
            created=self.rows if self.kind == "created" else 0,
            updated=self.rows if self.kind == "amended" else 0,
            unchanged=self.rows if self.kind == "unchanged" else 0,
        )


def ingest_results(
    race: Race, session: str, rows: Sequence[ResultRow], *, source: str, actor: "User | None" = None, now: datetime
) -> Outcome:
    """Store ``rows`` as the result of a session of ``race`` and bring all that follows from results up to date.

    Equal rows write nothing. Different ones become a new version; the old one is kept. The race's results are
    *provisional* at first and whenever they are entered by hand, *official* when they come from a bundle or are told
    (again) a day after the start or later, and *revised* once a version changed something that counts after the first
    one from a feed. Rows by hand stand until a feed tells something else than it did before them. Raises
    ``ResultsRefused``.
    """
    with transaction.atomic():
        outcome = store_results(race, session, rows, source=source, actor=actor, now=now)
        if outcome.kind != "unchanged":
            refresh_season(Season.objects.get(pk=race.season_id), now=now)
    return outcome


def refresh_season(season: Season, *, now: datetime, announced: Sequence[entries.Line] = ()) -> int:
    """Bring what follows from results in line with them: statuses, stints, expected entries, prices.

    Writes differences only, so it may run at any time, and returns how many rows differed. ``announced`` are the
    entries of a season before its first race. What an older season tells may change the newest one too.
    """
    with transaction.atomic():
        changed = drivers.refresh_statuses(season)
        changed += stints.refresh_stints(season)
        changed += entries.refresh_expected_entries(season, now=now, announced=announced)
        changed += drivers.refresh_prices(season, now=now)
        newest = drivers.newest_season()
        if newest and newest.year > season.year:
            changed += refresh_season(newest, now=now)
    return changed


def store_results(
    race: Race, session: str, rows: Sequence[ResultRow], *, source: str, actor: "User | None" = None, now: datetime
) -> Outcome:
    """``ingest_results`` for many: the caller runs ``refresh_season`` at the end."""
    rows = sorted((_normal(session, row) for row in rows), key=_in_the_sheet)
    _refuse_nonsense(race, session, rows)
    with transaction.atomic():
        race = Race.objects.lock(race.pk)
        old = race.revisions.filter(session=session, is_current=True).first()
        digest = _digest(rows)
        if old and old.digest == digest:
            _settle(race, session, source=source, now=now)
            return Outcome("unchanged", len(rows))
        told = race.revisions.filter(session=session).exclude(source=MANUAL).first()  # the last one from a feed
        if told and told.digest == digest and actor is None:
            return Outcome("unchanged", len(rows))  # what a host replaced; only other news take the place of theirs
        entered = race.entries.draftable().count() if session == Session.GRAND_PRIX and not old else 0
        if len(rows) * 2 < entered:
            raise ResultsRefused(f"{race}: {len(rows)} {session} rows for {entered} entered drivers.")
        drivers.create_unknown(race.season, rows)
        known_drivers = Driver.objects.in_bulk([row.driver_id for row in rows], field_name="external_id")
        known_teams = Team.objects.in_bulk([row.team_id for row in rows], field_name="external_id")
        _refuse_unknown(race, rows, known_drivers, known_teams)
        before = current_rows(old) if old else []
        by_hand = old is not None and old.source == MANUAL
        may_shrink = by_hand or source == MANUAL
        if not may_shrink and len(rows) + MAY_VANISH.get(Session(session), 0) < len(before):
            raise ResultsRefused(f"{race}: {len(rows)} {session} rows after {len(before)}.")
        if by_hand:
            before = _filled_up(before, rows)
        names = {key: driver.name for key, driver in known_drivers.items()} | _names(old)
        changes = describe_changes(before, rows, names) if old else []
        if old:
            race.revisions.filter(pk=old.pk).update(is_current=False)
        revision = race.revisions.create(
            session=session,
            number=old.number + 1 if old else 1,
            source=source,
            digest=digest,
            changes=changes,
            created_by=actor,
            created_at=now,
        )
        RaceResult.objects.bulk_create(
            [_result(revision, row, known_drivers[row.driver_id], known_teams[row.team_id]) for row in rows]
        )
        counts = not old or _what_counts(before) != _what_counts(rows)
        amends = told is not None and (
            counts if told == old else _what_counts(current_rows(told)) != _what_counts(rows)
        )
        _mark(race, session, amends=amends, is_first=told is None, by_hand=by_hand, source=source, now=now)
        starters = [
            entries.Starter(known_drivers[row.driver_id].pk, known_teams[row.team_id].pk, row.number) for row in rows
        ]
        entries.confirm(race, session, starters, now=now)
        _outdate_caches(race)
        if not old:
            publish(ResultsPublished(race_id=race.pk, session=session), source=race, actor=actor, now=now)
        elif counts:
            publish(ResultsAmended(race.pk, session, changes), source=race, actor=actor, now=now)
    return Outcome("amended" if old else "created", len(rows), changes)


def current_rows(revision: ResultRevision) -> list[ResultRow]:
    """A stored version as rows, in the order of the sheet."""
    results = revision.results.select_related("driver", "team")
    rows = [
        ResultRow(
            driver_id=result.driver.external_id,
            team_id=result.team.external_id,
            position=result.position,
            position_text=result.position_text,
            points=result.points,
            **{name: getattr(result, name) for name in COMPARED},
        )
        for result in results
    ]
    return sorted(rows, key=_in_the_sheet)


def describe_changes(before: Sequence[ResultRow], after: Sequence[ResultRow], names: dict[str, str]) -> list[str]:
    """What is different, a sentence for each driver, in the new order: "Pierre Gasly P7 → P3".

    Where nothing else differs, that is the place in the sheet of cars that are not classified.
    """
    old = {row.driver_id: row for row in before}
    new = {row.driver_id for row in after}
    sentences = [_difference(names[row.driver_id], old.get(row.driver_id), row) for row in after]
    sentences += [f"{names[row.driver_id]} no longer listed" for row in before if row.driver_id not in new]
    return [sentence for sentence in sentences if sentence] or [
        f"{names[row.driver_id]} {_in_words(old[row.driver_id])} → {_in_words(row)} in the sheet"
        for row in after
        if _in_words(old[row.driver_id]) != _in_words(row)
    ]


def is_classified(row: ResultRow) -> bool:
    """Whether the position counts; some disqualified cars keep digits and are known by their status alone."""
    return row.position_text.isdigit() and row.status != "Disqualified"


def _difference(name: str, old: ResultRow | None, new: ResultRow) -> str:
    if old is None:
        return f"{name} added, {_place(new)}"
    parts = []
    if _place(old) != _place(new):
        parts.append(_place(new) if not is_classified(new) and is_classified(old) else f"{_place(old)} → {_place(new)}")
    elif old.points != new.points:
        parts.append(f"{plain(old.points)} → {plain(new.points)} points")
    if old.team_id != new.team_id:
        parts.append("now for another team")
    if parts:
        return f"{name} {', '.join(parts)}"
    details = [
        f"{label.replace('_', ' ')} {_shown(getattr(old, label))} → {_shown(getattr(new, label))}"
        for label in COMPARED
        if getattr(old, label) != getattr(new, label)
    ]
    return f"{name} {', '.join(details)}" if details else ""


def _place(row: ResultRow) -> str:
    if is_classified(row):
        return f"P{row.position_text}"
    return "disqualified" if row.status == "Disqualified" else NOT_CLASSIFIED.get(row.position_text, "not classified")


def _in_words(row: ResultRow) -> str:
    return f"{row.position} ({row.position_text})"


def _shown(value: Any) -> str:
    return "none" if value in (None, "") else str(value)


def _in_the_sheet(row: ResultRow) -> tuple[int, str]:
    return row.position, row.driver_id


def _normal(session: str, row: ResultRow) -> ResultRow:
    """One form for equal facts: points without trailing zeros; a qualifying has neither points nor retirements."""
    if session == Session.QUALIFYING:
        return replace(row, points=Decimal(0), position_text=str(row.position), status="", grid=None, laps=None)
    return replace(row, points=Decimal(plain(row.points)))


def _what_counts(rows: Sequence[ResultRow]) -> dict[str, list[Any]]:
    return {
        row.driver_id: [_place(row), is_classified(row) and row.position, *(getattr(row, name) for name in COUNTS)]
        for row in rows
    }


def _filled_up(before: Sequence[ResultRow], after: Sequence[ResultRow]) -> list[ResultRow]:
    """Rows by hand with what they could not tell taken from the feed's, so that only what was wrong is a difference."""
    told = {row.driver_id: row for row in after}
    return [_filled(row, told[row.driver_id]) if row.driver_id in told else row for row in before]


def _filled(row: ResultRow, told: ResultRow) -> ResultRow:
    untold = {name: getattr(told, name) for name in COMPARED if getattr(row, name) in (None, "")}
    if told.fastest_lap_rank == 1:
        untold.pop("fastest_lap_rank", None)
    both_classified = is_classified(row) and is_classified(told)
    if both_classified or row.position_text == told.position_text:
        untold["status"] = told.status  # "Lapped" for "Finished"
    return replace(row, **untold)


def _digest(rows: Sequence[ResultRow]) -> str:
    names = [*COMPARED, "driver_id", "team_id", "position", "position_text"]
    content = [[plain(row.points), *(getattr(row, name) for name in names)] for row in rows]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def _refuse_nonsense(race: Race, session: str, rows: Sequence[ResultRow]) -> None:
    if not rows:
        raise ResultsRefused(f"{race}: the {session} result has no rows.")
    if len({row.driver_id for row in rows}) != len(rows):
        raise ResultsRefused(f"{race}: the {session} result names a driver twice.")
    if any(row.position < 1 or not row.position_text for row in rows):
        raise ResultsRefused(f"{race}: the {session} result has a row without a position.")
    places = [row.position for row in rows if is_classified(row)]
    if session != Session.QUALIFYING and len(set(places)) != len(places):
        raise ResultsRefused(f"{race}: the {session} result gives a position twice.")


def _refuse_unknown(
    race: Race, rows: Sequence[ResultRow], known_drivers: dict[str, Driver], known_teams: dict[str, Team]
) -> None:
    unknown = {row.driver_id for row in rows} - set(known_drivers) | {row.team_id for row in rows} - set(known_teams)
    if unknown:
        raise ResultsRefused(f"{race}: nobody knows {', '.join(sorted(unknown))}.")


def _names(revision: ResultRevision | None) -> dict[str, str]:
    if revision is None:
        return {}
    return {result.driver.external_id: result.driver.name for result in revision.results.select_related("driver")}


def _result(revision: ResultRevision, row: ResultRow, driver: Driver, team: Team) -> RaceResult:
    dnf = not is_classified(row)
    return RaceResult(
        revision=revision,
        race_id=revision.race_id,
        session=revision.session,
        driver=driver,
        team=team,
        position=row.position,
        position_text=row.position_text,
        points=row.points,
        dnf=dnf,
        dnf_reason=row.status if dnf else "",
        **{name: getattr(row, name) for name in COMPARED},
    )


def _mark(race: Race, session: str, *, amends: bool, is_first: bool, by_hand: bool, source: str, now: datetime) -> None:
    """A new version's mark on the race: finished by its Grand Prix, and how far the results can be relied on.

    ``amends``: it counts otherwise than the last version from a feed; ``is_first``: there is none; ``by_hand``: the
    version before was entered by hand.
    """
    fields = []
    is_grand_prix = session == Session.GRAND_PRIX
    if is_grand_prix and race.status != Race.Status.FINISHED:
        race.status = Race.Status.FINISHED
        fields.append("status")
    status = race.results_status
    if is_grand_prix and source == MANUAL:
        status = Race.Results.PROVISIONAL
    elif amends and status != Race.Results.NONE:
        status = Race.Results.REVISED
    elif is_grand_prix and (is_first or by_hand):
        status = Race.Results.OFFICIAL if _is_settled(race, source, now) else Race.Results.PROVISIONAL
    if status != race.results_status:
        race.results_status = status
        fields.append("results_status")
    race.save(update_fields=fields)


def _settle(race: Race, session: str, *, source: str, now: datetime) -> None:
    """Told again unchanged, a provisional Grand Prix may have become official."""
    if (
        session == Session.GRAND_PRIX
        and race.results_status == Race.Results.PROVISIONAL
        and _is_settled(race, source, now)
    ):
        race.results_status = Race.Results.OFFICIAL
        race.save(update_fields=["results_status"])
        _outdate_caches(race)


def _outdate_caches(race: Race) -> None:
    Season.objects.filter(pk=race.season_id).update(results_version=F("results_version") + 1)


def _is_settled(race: Race, source: str, now: datetime) -> bool:
    if source == MANUAL:
        return False
    return source == ResultRevision.Source.BUNDLE or now - race.starts_at >= SETTLED_AFTER
