"""What is measured: a pick, by one client and by eight; and that of eight who want one turn exactly one gets it.

Every client is a process of its own. All ways run in turn on the same drafts, which are made as new in between.
"""

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from typing import Any

from django.db import connection, connections, transaction

from benchmarks.__main__ import Figure
from drafts import lifecycle, order
from drafts.models import ROUNDS, Draft, Pick
from drafts.picks import make_pick
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.models import EventLog
from leagues.models import Constructor
from notifications.models import Notification
from races.models import Driver
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, UserFactory

NOW = datetime(2026, 7, 22, 9, tzinfo=UTC)
TEAMS = 10
TURNS = TEAMS * ROUNDS
CLIENTS = 8
ENTERED = TURNS + CLIENTS
"""So many that in the last turn, too, each client can want a driver of its own."""
DRAFTS = 100
SLOTS = 300
MOST_ROUNDS = 5
fork = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Turn:
    """A turn that a client wants for ``driver``."""

    draft: Draft
    number: int
    constructor: Constructor
    driver: Driver


Way = Callable[[Turn], bool]
"""Try to make a pick → whether it won its turn."""


def ours(turn: Turn) -> bool:
    team = turn.constructor
    try:
        make_pick(draft_id=turn.draft.pk, constructor=team, driver=turn.driver, actor=team.user, now=NOW)
    except DomainError:
        return False
    return True


def naive(turn: Turn) -> bool:
    """The usual transaction, which writes the same rows."""
    with transaction.atomic():
        draft = Draft.objects.select_for_update().get(pk=turn.draft.pk)
        taken = Pick.objects.filter(league=draft.league_id, race=draft.race_id, driver=turn.driver).exists()
        if draft.current_pick != turn.number or taken:
            return False
        pick = Pick.objects.create(
            draft=draft,
            league_id=draft.league_id,
            race_id=draft.race_id,
            constructor=turn.constructor,
            driver=turn.driver,
            pick_number=turn.number,
            round=order.round_of(TEAMS, turn.number),
            made_by=turn.constructor.user,
            made_at=NOW,
        )
        draft.version += 1
        draft.current_pick = turn.number + 1 if turn.number < TURNS else None
        draft.save(update_fields=["version", "current_pick"])
        data = {"pick_number": turn.number, "driver_id": turn.driver.pk, "constructor_id": turn.constructor.pk}
        EventLog.objects.create(
            topic=draft.topic, version=draft.version, name="PickMade", data=data, actor=pick.made_by, created_at=NOW
        )
    return True


def careless(turn: Turn) -> bool:
    """Look whether the turn is free, then take it: no lock, no constraint."""
    slot = [turn.draft.pk, turn.number]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM careless_pick WHERE draft_id = %s AND pick_number = %s", slot)
        if cursor.fetchone():
            return False
        cursor.execute("INSERT INTO careless_pick (draft_id, pick_number) VALUES (%s, %s)", slot)
    return True


@dataclass(frozen=True)
class Run:
    """Picks made per second, and the 99th percentile of how long one took, in milliseconds."""

    rate: float
    p99_ms: float


class Table:
    """Open drafts of one race, each in a league of its own with the same players."""

    def __init__(self, drafts: int) -> None:
        race = RaceFactory(starts_at=NOW + timedelta(days=4), entries=ENTERED)
        self.drivers = [entry.driver for entry in race.entries.select_related("driver").order_by("pk")]
        users = UserFactory.create_batch(TEAMS)
        self.drafts, self.teams = [], []
        for _ in range(drafts):
            league = LeagueFactory(season=race.season, creator=users[0])
            teams = {team.pk: team for team in (ConstructorFactory(league=league, user=user) for user in users)}
            act = {"actor": league.creator, "now": NOW}
            draft = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, **act)[0]
            self.drafts.append(draft)
            self.teams.append([teams[pk] for pk in order.turns(draft.order_data, draft.method, ROUNDS)])
        self.opened_at = max(draft.version for draft in self.drafts)

    def turn(self, draft: int, number: int, driver: int | None = None) -> Turn:
        """The turn of a draft (both from 0), for that driver, or for one whom nobody else wants."""
        wanted = self.drivers[number if driver is None else driver]
        return Turn(self.drafts[draft], number + 1, self.teams[draft][number], wanted)

    def renew(self) -> None:
        """Make the drafts as they were when they opened."""
        Pick.objects.all().delete()
        Notification.objects.all().delete()
        EventLog.objects.filter(version__gt=self.opened_at).delete()
        Draft.objects.update(version=self.opened_at, status=Draft.Status.OPEN, current_pick=1)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM (ANALYZE) drafts_pick, drafts_draft, core_eventlog")
                cursor.execute("CHECKPOINT")

    def check(self, made: int) -> None:
        """The oracle: as many picks as were won, each turn once, each draft's version and log in step."""
        slots = set(Pick.objects.values_list("draft", "pick_number"))
        assert len(slots) == Pick.objects.count() == made, (len(slots), made)
        assert EventLog.objects.filter(name="PickMade").count() == made


def apart(table: Table, way: Way, drafts: list[int]) -> list[float]:
    """Play whole drafts, a turn here and a turn there."""
    times = []
    for number in range(TURNS):
        for draft in drafts:
            turn = table.turn(draft, number)
            began = time.perf_counter()
            assert way(turn)
            times.append(time.perf_counter() - began)
    return times


class Shared:
    """What the clients of one draft after the other know of each other: the turns taken, and the drivers."""

    def __init__(self, turns: int) -> None:
        self.turns = turns
        self.made = fork.Value("i", 0, lock=False)
        self.taken = fork.Array("b", ENTERED, lock=False)

    def next_turn(self, table: Table, client: int) -> Turn | None:
        made = self.made.value
        if made >= self.turns:
            return None
        draft, number = divmod(made, TURNS)
        free = [driver for driver in range(ENTERED) if not self.taken[driver]]
        return table.turn(draft, number, free[min(client, len(free) - 1)])

    def won(self, table: Table, turn: Turn) -> None:
        if turn.number == TURNS:
            self.taken[:] = [0] * ENTERED
        else:
            self.taken[table.drivers.index(turn.driver)] = 1
        self.made.value += 1


def together(table: Table, way: Way, shared: Shared, client: int) -> list[float]:
    """Go for every turn of the same draft, then of the next one, as all others do → the times of those won."""
    times = []
    while turn := shared.next_turn(table, client):
        began = time.perf_counter()
        if way(turn):
            times.append(time.perf_counter() - began)
            shared.won(table, turn)
    return times


def for_one_turn(table: Table, way: Way, client: int, gate: Barrier) -> list[int]:
    """Go for the first turn of each draft at the same moment as all others → the places of the drafts where it won."""
    won = []
    for place in range(len(table.drafts)):
        turn = table.turn(place, 0, client)
        gate.wait()
        if way(turn):
            won.append(place)
    return won


def by_clients(count: int, work: Callable[[int], list[Any]]) -> list[tuple[float, float, list[Any]]]:
    """Do the work in ``count`` processes, given their numbers → when each began and ended, and what it returned."""
    connections.close_all()  # nothing that is open may be shared
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]
    gate = fork.Barrier(count)
    answers = fork.SimpleQueue()

    def client(number: int) -> None:
        connection.ensure_connection()
        gate.wait()
        began = time.perf_counter()
        result = work(number)
        answers.put((began, time.perf_counter(), result))
        connection.close()

    processes = [fork.Process(target=client, args=[number]) for number in range(count)]
    for process in processes:
        process.start()
    done = [answers.get() for _ in processes]
    for process in processes:
        process.join()
    return done


def measure(table: Table, way: Way, clients: int, *, hot: bool, drafts: int) -> Run:
    """Play the first ``drafts`` drafts to their end, one after the other where they are ``hot``."""
    table.renew()
    shared = Shared(drafts * TURNS)

    def work(number: int) -> list[float]:
        if hot:
            return together(table, way, shared, number)
        return apart(table, way, list(range(number, drafts, clients)))

    done = by_clients(clients, work)
    table.check(made=drafts * TURNS)
    times = sorted(taken for _, _, result in done for taken in result)
    took = max(ended for _, ended, _ in done) - min(began for began, _, _ in done)
    return Run(len(times) / took, times[int(len(times) * 0.99)] * 1000)


def winners(table: Table, way: Way) -> list[int]:
    """How many of the clients won each of the slots."""
    counts = []
    while len(counts) < SLOTS:
        table.renew()
        gate = fork.Barrier(CLIENTS)
        done = by_clients(CLIENTS, lambda number, gate=gate: for_one_turn(table, way, number, gate))
        won = Counter(place for _, _, places in done for place in places)
        counts += [won[place] for place in range(len(table.drafts))]
    return counts[:SLOTS]


def run(*, rounds: int) -> list[Figure]:
    table = Table(DRAFTS)
    counts = winners(table, ours)
    assert set(counts) == {1}, Counter(counts)
    print("winners", Counter(counts))
    for clients, hot, drafts in [(1, False, 20), (8, False, 100), (8, True, 30)]:
        for way in (naive, ours):
            print(clients, hot, way.__name__, measure(table, way, clients, hot=hot, drafts=drafts))
    return []
