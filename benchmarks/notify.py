"""Ten thousand players are told of one race: against one insert of the same rows, and what requests feel of it."""

import multiprocessing
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from multiprocessing.synchronize import Event

from django.db import connections
from django.test import Client
from django.urls import reverse

from accounts.models import User
from benchmarks.__main__ import Figure, compare, timed
from drafts.models import Draft, Pick
from leagues.models import Constructor, League
from notifications import service
from notifications.models import Notification, ToldScore
from notifications.scores import tell_scores
from races.models import Race
from scoring.scores import score_race
from tests.factories import RaceFactory, UserFactory, give_result

START = datetime(2026, 7, 26, 13, tzinfo=UTC)
TOLD = START + timedelta(hours=3)
TEAMS = 10
REQUESTS = 400
PLACE_POINTS = [25, 18, 15, 12, 10, 8, 6, 4, 2, 1, *[0] * 12]


def run(*, players: int, rounds: int) -> list[Figure]:
    race = RaceFactory(starts_at=START, entries=22)
    _draft_everywhere(race, players // TEAMS)
    give_result(race, [entry.driver for entry in race.entries.select_related("driver").order_by("pk")])
    score_race(race_id=race.pk, now=TOLD)
    tell_scores(TOLD)
    _check(players)
    rows = list(Notification.objects.all())
    insert = compare(
        f"notify: {players} players, against one insert",
        floor=lambda: _insert(rows),
        ours=lambda: tell_scores(TOLD),
        goal=2,
        rounds=rounds,
        between=_forget,
    )
    return [insert, *_requests_meanwhile()]


def _draft_everywhere(race: Race, leagues: int) -> None:
    """Leagues of ten players each of whom plays in one, all with the same two drivers by place in the order."""
    drivers = list(race.entries.order_by("pk").values_list("driver_id", flat=True))
    users = User.objects.bulk_create(
        User(username=f"player-{n}", email=f"player-{n}@example.com") for n in range(leagues * TEAMS)
    )
    made = League.objects.bulk_create(
        League(name=f"League {n}", code=f"{n:08d}", season=race.season, creator=users[n * TEAMS], created_at=START)
        for n in range(leagues)
    )
    teams = Constructor.objects.bulk_create(
        Constructor(league=made[n // TEAMS], user=user, team_name=f"Team {n}", joined_at=START)
        for n, user in enumerate(users)
    )
    drafts = Draft.objects.bulk_create(
        Draft(
            league=league,
            race=race,
            method="sequential",
            status=Draft.Status.LOCKED,
            order_source="manual",
            order_data=[team.pk for team in teams[n * TEAMS : (n + 1) * TEAMS]],
            opens_at=START,
            locks_at=START,
            created_at=START,
        )
        for n, league in enumerate(made)
    )
    Pick.objects.bulk_create(
        Pick(
            draft=draft,
            league_id=draft.league_id,
            race=race,
            constructor_id=draft.order_data[n % TEAMS],
            driver_id=drivers[n],
            pick_number=n + 1,
            round=n // TEAMS + 1,
            made_at=START,
        )
        for draft in drafts
        for n in range(2 * TEAMS)
    )


def _check(players: int) -> None:
    """Everybody was told their own points and place."""
    totals = [Decimal(PLACE_POINTS[n] + PLACE_POINTS[n + TEAMS]) for n in range(TEAMS)]
    told = dict(Notification.objects.values_list("user__username", "title"))
    assert len(told) == players
    for n in range(players):
        points = totals[n % TEAMS]
        assert told[f"player-{n}"].endswith(f": {points} point{'' if points == 1 else 's'}"), told[f"player-{n}"]


def _forget() -> None:
    Notification.objects.filter(type="race_finished").delete()
    ToldScore.objects.all().delete()


def _insert(rows: list[Notification]) -> None:
    for row in rows:
        row.pk = None
        row._state.adding = True
    Notification.objects.bulk_create(rows)


def _requests_meanwhile() -> list[Figure]:
    """The 95th of a hundred requests beside a process that tells everybody over and over; the floor is beside one that
    computes as hard and touches no database.
    """
    user = User.objects.get(username="player-0")
    client = Client()
    client.force_login(user)
    note = UserFactory().notifications.create(type="league", title="News", dedupe_key="bench")
    address = reverse("notifications:list")

    def read() -> None:
        assert client.get(address).status_code == 200

    def write() -> None:
        note.is_read = False
        service.mark_read(note)

    figures = []
    for name, action in (("a page", read), ("a write", write)):
        floor, ours = (_p95(action, beside=work) for work in (_compute, _tell_everybody))
        figures.append(Figure(f"notify: {name} meanwhile, 95th percentile", floor, ours, round(ours / floor, 2), 2))
    return figures


def _p95(action: Callable[[], object], *, beside: Callable[[], object]) -> float:
    context = multiprocessing.get_context("fork")
    begun, over = context.Event(), context.Event()
    _disconnect()
    other = context.Process(target=_work_on, args=(beside, begun, over))
    other.start()
    begun.wait()
    for _ in range(10):
        action()
    times = sorted(timed(action) for _ in range(REQUESTS))
    over.set()
    other.join()
    return round(times[int(REQUESTS * 0.95)] * 1000, 3)


def _disconnect() -> None:
    """A connection, or a pool of them, cannot be shared with a process that is forked off."""
    connections.close_all()
    for each in connections.all():
        getattr(each, "close_pool", bool)()


def _work_on(work: Callable[[], object], begun: Event, over: Event) -> None:
    """In a process of its own, as a worker does, until it is told to stop."""
    begun.set()
    while not over.is_set():
        work()


def _compute() -> None:
    sum(range(100_000))


def _tell_everybody() -> None:
    _forget()
    tell_scores(TOLD)
