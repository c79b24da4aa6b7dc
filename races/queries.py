"""Reads that more than one page, API or app needs, each at a fixed number of SQL queries.

``until`` is as in ``core.spoilers``: up to which session the viewer wants to know results.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet

from fantasy_f1.core.spoilers import is_hidden
from races import pricing
from races.models import (
    SESSION_STARTS,
    Driver,
    Race,
    RaceEntry,
    RaceResult,
    ResultRevision,
    Season,
    SeasonEntry,
    Session,
    Team,
)

CENT = Decimal("0.01")
WEEKEND = timedelta(days=4)
COMES_WITHIN = timedelta(days=2)
"""A result that has not come by then is missing, and nobody waits for it."""


@dataclass(frozen=True)
class Start:
    """A driver's Grand Prix, in short; ``points`` are Formula 1's own of the weekend, sprint included."""

    race_id: int
    race_name: str
    position: int
    position_text: str
    label: str
    is_classified: bool
    points: Decimal


@dataclass(frozen=True)
class DriverLine:
    """A driver in a season. ``starts`` in order of the races; ``team`` is the latest one."""

    driver: Driver
    team: Team | None
    total_points: Decimal
    starts: tuple[Start, ...]

    @property
    def form(self) -> tuple[Start, ...]:
        """The last five starts, oldest first."""
        return self.starts[-pricing.FORM_STARTS :]

    @property
    def form_points(self) -> Decimal:
        """Mean of Formula 1's points in the last five starts, in hundredths: what "form" means in the price too."""
        return pricing.mean([start.points for start in self.form]).quantize(CENT, ROUND_HALF_UP)

    @property
    def average_points(self) -> Decimal:
        """Mean of Formula 1's points over the season's starts, in hundredths."""
        return pricing.mean([start.points for start in self.starts]).quantize(CENT, ROUND_HALF_UP)

    @property
    def wins(self) -> int:
        return sum(start.position == 1 for start in self.starts if start.is_classified)

    @property
    def podiums(self) -> int:
        return sum(start.position <= 3 for start in self.starts if start.is_classified)

    @property
    def best(self) -> int | None:
        """Best classified place in a Grand Prix."""
        return min((start.position for start in self.starts if start.is_classified), default=None)


def current_season(*, now: datetime) -> Season | None:
    """The season of the next race; after the last one, the season of the last race."""
    race = next_race(now=now) or Race.objects.select_related("season").order_by("-starts_at").first()
    return race.season if race else Season.objects.first()


def next_race(*, now: datetime, season: Season | None = None) -> Race | None:
    """The first race that is still to start, of all or of one season."""
    races = Race.objects.upcoming(now).select_related("season")
    return (races.filter(season=season) if season else races).first()


def is_over(season: Season, *, now: datetime) -> bool:
    """Whether no race of the season is still to start. One whose calendar is not known yet lasts to the year's end."""
    if season.races.exists():
        return next_race(now=now, season=season) is None
    return season.year < now.year


def first_untold(now: datetime) -> datetime | None:
    """When the first session of the last days started that was held, but has no result yet."""
    races = Race.objects.exclude(status=Race.Status.CANCELLED).filter(
        starts_at__range=(now - COMES_WITHIN, now + WEEKEND)
    )
    told = set(ResultRevision.objects.current().filter(race__in=races).order_by().values_list("race", "session"))
    starts = (
        getattr(race, column)
        for race in races
        for session, column in SESSION_STARTS.items()
        if (race.pk, session.value) not in told
    )
    return min((at for at in starts if at and now - COMES_WITHIN <= at <= now), default=None)


def driver_table(
    season: Season | None, *, drivers: QuerySet[Driver] | None = None, until: datetime | None
) -> list[DriverLine]:
    """The season so far of its drivers, or of those given, by family name. Four queries."""
    if drivers is None:
        drivers = drivers_of(season) if season else Driver.objects.all()
    teams = _teams(season, drivers)
    rows = (
        RaceResult.objects.current()
        .seen(until)
        .filter(race__season=season, session__in=[Session.GRAND_PRIX, Session.SPRINT], driver__in=drivers)
        .select_related("race")
        .only("driver_id", "session", "position", "position_text", "status", "points", "race__name")
        .order_by("race__starts_at", "race_id")
    )
    weekends: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    grands_prix: dict[int, list[RaceResult]] = defaultdict(list)
    totals: dict[int, Decimal] = defaultdict(Decimal)
    for row in rows:
        totals[row.driver_id] += row.points
        weekends[row.driver_id, row.race_id] += row.points
        if row.session == Session.GRAND_PRIX:
            grands_prix[row.driver_id].append(row)
    return [
        DriverLine(
            driver=driver,
            team=teams.get(driver.pk),
            total_points=totals[driver.pk],
            starts=tuple(
                Start(
                    race_id=row.race_id,
                    race_name=row.race.name,
                    position=row.position,
                    position_text=row.position_text,
                    label=row.label,
                    is_classified=row.is_classified,
                    points=weekends[driver.pk, row.race_id],
                )
                for row in grands_prix[driver.pk]
            ),
        )
        for driver in drivers
    ]


def driver_line(driver: Driver, season: Season | None, *, until: datetime | None) -> DriverLine:
    """One driver's season so far, also when it is empty."""
    return driver_table(season, drivers=Driver.objects.filter(pk=driver.pk), until=until)[0]


def _teams(season: Season | None, drivers: QuerySet[Driver]) -> dict[int, Team]:
    """Driver → the team of the latest stint, or of the first entry for those who have not raced yet."""
    stints = (
        SeasonEntry.objects.filter(season=season, driver__in=drivers)
        .select_related("team")
        .order_by("first_race__starts_at")
    )
    raced = {stint.driver_id: stint.team for stint in stints}
    entries = (
        RaceEntry.objects.filter(race__season=season, driver__in=drivers)
        .exclude(driver__in=list(raced))
        .select_related("team")
        .order_by("-race__starts_at")
    )
    return {entry.driver_id: entry.team for entry in entries} | raced


def drivers_of(season: Season) -> QuerySet[Driver]:
    """Those who raced or are entered in a season; in the newest one also its reserves."""
    stints = SeasonEntry.objects.filter(season=season, driver=OuterRef("pk"))
    entries = RaceEntry.objects.filter(race__season=season, driver=OuterRef("pk"))
    results = RaceResult.objects.current().filter(race__season=season, driver=OuterRef("pk"))
    known = Q(Exists(stints)) | Q(Exists(entries)) | Q(Exists(results))
    if not Season.objects.filter(year__gt=season.year).exists():
        known |= Q(status=Driver.Status.RESERVE)
    return Driver.objects.filter(known)


def entry_list(race: Race) -> QuerySet[RaceEntry]:
    """Who is expected to start, by team and number."""
    return race.entries.select_related("driver", "team", "replaces").order_by("team__name", "number", "pk")


def race_results(race: Race, session: str) -> QuerySet[RaceResult]:
    """The current version of a session's result (``session`` as in ``Session``), in the order of the sheet."""
    return race.results.current().filter(session=session).select_related("driver", "team").order_by("position")


def podiums(season: Season, *, until: datetime | None) -> dict[int, list[RaceResult]]:
    """Race → its first three, for the races of a season that have a result."""
    rows = (
        RaceResult.objects.current()
        .seen(until)
        .filter(race__season=season, session=Session.GRAND_PRIX, position__lte=3)
        .select_related("driver", "team")
        .order_by("position")
    )
    podiums: dict[int, list[RaceResult]] = defaultdict(list)
    for row in rows:
        if row.is_classified:
            podiums[row.race_id].append(row)
    return dict(podiums)


def revisions(race: Race) -> dict[str, list[ResultRevision]]:
    """Session → every version of its result, the newest first."""
    versions: dict[str, list[ResultRevision]] = defaultdict(list)
    for revision in race.revisions.order_by("-number"):
        versions[revision.session].append(revision)
    return dict(versions)


@dataclass
class Weekend:
    """A driver's results of one race."""

    race: Race
    team: Team
    grand_prix: RaceResult | None = None
    sprint: RaceResult | None = None
    qualifying: RaceResult | None = None

    @property
    def points(self) -> Decimal:
        """Formula 1's own, of the whole weekend."""
        return sum((result.points for result in (self.grand_prix, self.sprint) if result), Decimal(0))


def weekends(driver: Driver, season: Season | None, *, until: datetime | None) -> list[Weekend]:
    """A driver's results of a season, the latest race first."""
    rows = (
        driver.results.current()
        .seen(until)
        .filter(race__season=season)
        .select_related("race", "team")
        .order_by("-race__starts_at", "race_id")
    )
    weekends: dict[int, Weekend] = {}
    for row in rows:
        weekend = weekends.setdefault(row.race_id, Weekend(row.race, row.team))
        setattr(weekend, row.session, row)
    return list(weekends.values())


@dataclass(frozen=True)
class Stay:
    """Time with one team, races missed included; ``last`` is None while it lasts."""

    team: Team
    number: int | None
    first: Race
    last: Race | None


def stays(driver: Driver, season: Season | None) -> list[Stay]:
    """The teams that a driver raced for in a season, in order."""
    stints = (
        driver.entries.filter(season=season)
        .select_related("team", "first_race", "last_race")
        .order_by("first_race__starts_at")
    )
    stays: list[Stay] = []
    for stint in stints:
        first = stint.first_race
        if stays and stays[-1].team == stint.team:
            first = stays.pop().first
        stays.append(Stay(stint.team, stint.number, first, stint.last_race))
    return stays


@dataclass(frozen=True)
class Curtain:
    """What is hidden from somebody though it is known; the sessions are those of current results, with their races.

    ``before`` is the last session that they have seen, ``None`` without any; ``hidden`` are those after it, in order.
    """

    before: ResultRevision | None
    hidden: list[ResultRevision]

    @property
    def next(self) -> ResultRevision:
        return self.hidden[0]

    @property
    def last(self) -> ResultRevision:
        return self.hidden[-1]


def curtain(until: datetime | None) -> Curtain | None:
    """What is hidden from who has seen results until then; ``None`` where nothing is. At most two queries."""
    if until is None:
        return None
    current = ResultRevision.objects.current().select_related("race").order_by("-race__starts_at", "session")
    late = sorted(current.filter(race__starts_at__gt=until), key=lambda session: (session.started_at, session.pk))
    hidden = [session for session in late if is_hidden(session.started_at, until)]
    if not hidden:
        return None
    seen = [session for session in late if session not in hidden]
    return Curtain(seen[-1] if seen else current.filter(race__starts_at__lte=until).first(), hidden)
