"""What is measured: a pick, by one client and by eight; and that of eight who want one turn exactly one gets it.

Every client is a process of its own. All ways run in turn on the same drafts, which are made as new in between.
"""

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.synchronize import Barrier
from statistics import median
from typing import Any
from unittest import mock

from django.db import connection, connections, transaction

from benchmarks.__main__ import Figure
from benchmarks.pick_floor import Raw, Statement, pgbench, recorded
from drafts import lifecycle, order
from drafts.models import ROUNDS, Draft, Pick
from drafts.picks import make_pick
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.models import EventLog
from leagues.models import Constructor
from notifications.models import Notification
from races.models import Driver
from tests.factories import ConstructorFactory, DriverFactory, LeagueFactory, RaceFactory, UserFactory

NOW = datetime(2026, 7, 22, 9, tzinfo=UTC)
TEAMS = 10
TURNS = TEAMS * ROUNDS
CLIENTS = 8
ENTERED = TURNS + CLIENTS
"""So many that in the last turn, too, each client can want a driver of its own."""
DRAFTS = 100
SLOTS = 300
MOST_PICKS = 600
"""In one draft, of pgbench."""
P99_MS = {"postgresql": 15.0, "sqlite": 50.0}
fork = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Turn:
    """A turn that a client wants for ``driver``."""

    draft: Draft
    number: int
    constructor: Constructor
    driver: Driver


@dataclass(frozen=True)
class Crowd:
    """So many clients; ``drafts`` at once, or one after the other where they are ``hot``. Goals are ratios of rates."""

    name: str
    clients: int
    drafts: int
    hot: bool
    of_floor: float


CROWDS = {
    "postgresql": [
        Crowd("1 client", 1, 20, False, 0.45),
        Crowd("8 clients, one draft", CLIENTS, 20, True, 0.65),
        Crowd("8 clients, 100 drafts", CLIENTS, DRAFTS, False, 0.35),
    ],
    "sqlite": [
        Crowd("1 client", 1, 20, False, 0.25),
        Crowd("8 clients, 100 drafts", CLIENTS, DRAFTS, False, 0.25),
    ],
}
OF_NAIVE = 3.5


Way = Callable[[Turn], bool]
"""Try to make a pick → whether it won its turn."""


def ours(turn: Turn) -> bool:
    """What players do."""
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
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS careless_pick (draft_id bigint, pick_number integer)")
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
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM careless_pick")
            if connection.vendor == "postgresql":
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
        self.noting = fork.Lock()
        self.made = fork.Value("i", 0, lock=False)
        self.taken = fork.Array("b", ENTERED, lock=False)

    def next_turn(self, table: Table, client: int) -> Turn | None:
        made = self.made.value
        if made >= self.turns:
            return None
        draft, number = divmod(made, TURNS)
        free = [driver for driver in range(ENTERED) if not self.taken[driver]]
        return table.turn(draft, number, free[min(client, len(free) - 1)])

    def won(self, table: Table, turn: Turn) -> bool:
        """Note that a turn is taken → whether it was not yet: who wants the same driver later gets that pick."""
        with self.noting:
            if self.made.value % TURNS != turn.number - 1:
                return False
            self._take(table, turn)
            return True

    def _take(self, table: Table, turn: Turn) -> None:
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
        is_made, took = way(turn), time.perf_counter() - began
        if is_made and shared.won(table, turn):
            times.append(took)
    return times


def for_one_turn(table: Table, way: Way, gate: Barrier, client: int) -> list[int]:
    """Go for the first turn of each draft at the same moment as all others → the places of the drafts where it won."""
    won = []
    for place in range(len(table.drafts)):
        turn = table.turn(place, 0, client)
        gate.wait()
        if way(turn):
            won.append(place)
    return won


def by_clients(count: int, work: Callable[[int], list[Any]]) -> list[tuple[float, float, list[Any]]]:
    """Do the work in ``count`` processes, given their numbers → when each began and ended, and what it returned.

    The notices to players, which are written after the commit of a pick, are left out: the other ways send none.
    """
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
    with mock.patch("fantasy_f1.core.events._announce"):
        for process in processes:
            process.start()
    done = [answers.get() for _ in processes]
    for process in processes:
        process.join()
    return done


def measure(table: Table, way: Way, crowd: Crowd) -> Run:
    """Play the first ``crowd.drafts`` drafts to their end."""
    table.renew()
    shared = Shared(crowd.drafts * TURNS)

    def work(number: int) -> list[float]:
        if crowd.hot:
            return together(table, way, shared, number)
        return apart(table, way, list(range(number, crowd.drafts, crowd.clients)))

    done = by_clients(crowd.clients, work)
    table.check(made=crowd.drafts * TURNS)
    times = sorted(taken for _, _, result in done for taken in result)
    took = max(ended for _, ended, _ in done) - min(began for began, _, _ in done)
    return Run(len(times) / took, times[int(len(times) * 0.99)] * 1000)


def winners(table: Table, way: Way) -> list[int]:
    """How many of the clients won each of the slots."""
    counts = []
    while len(counts) < SLOTS:
        table.renew()
        gate = fork.Barrier(CLIENTS)
        done = by_clients(CLIENTS, partial(for_one_turn, table, way, gate))
        won = Counter(place for _, _, places in done for place in places)
        counts += [won[place] for place in range(len(table.drafts))]
    return counts[:SLOTS]


class FloorOnPostgreSQL:
    """pgbench, in the same drafts, but with constructors and drivers for more picks than they have."""

    def __init__(self, table: Table) -> None:
        self.table = table
        table.renew()
        with recorded() as self.statements:
            ours(table.turn(0, 0))
        teams = Constructor.objects.order_by("pk").values_list("pk", flat=True)
        extra = DriverFactory.create_batch(MOST_PICKS)
        first = table.drafts[0]
        self.ids = {"draft": first.pk, "league": first.league_id, "constructor": teams[0], "driver": extra[0].pk}
        last = table.drafts[-1]
        assert last.pk - first.pk == last.league_id - first.league_id == DRAFTS - 1  # consecutive, as pgbench counts

    def measure(self, crowd: Crowd) -> Run:
        self.table.renew()
        picks = crowd.drafts * TURNS // crowd.clients * crowd.clients
        drafts = 1 if crowd.hot else crowd.drafts
        rate = pgbench(self.statements, ids=self.ids, drafts=drafts, clients=crowd.clients, picks=picks)
        self.table.check(made=picks)
        return Run(rate, 0)


class FloorOnSQLite:
    """sqlite3, with the very same picks."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.statements: dict[tuple[int, int], list[Statement]] = {}
        table.renew()
        for place, draft in enumerate(table.drafts):
            for number in range(TURNS):
                with recorded() as self.statements[draft.pk, number + 1]:
                    ours(table.turn(place, number))

    def measure(self, crowd: Crowd) -> Run:
        raw: list[Raw] = []  # each client opens its own

        def way(turn: Turn) -> bool:
            if not raw:
                raw.append(Raw())
            raw[0].run(self.statements[turn.draft.pk, turn.number])
            return True

        return measure(self.table, way, crowd)


def run(*, rounds: int) -> list[Figure]:
    """One winner of each turn, and then the ratios; all ways in turn, ``rounds`` times each after one warm-up."""
    table = Table(DRAFTS)
    _one_winner(table)
    floor = (FloorOnPostgreSQL if connection.vendor == "postgresql" else FloorOnSQLite)(table)
    figures = []
    for crowd in CROWDS[connection.vendor]:
        runs: dict[str, list[Run]] = {"floor": [], "naive": [], "ours": []}
        for round_number in range(rounds + 1):
            done = {
                "floor": floor.measure(crowd),
                "naive": measure(table, naive, crowd),
                "ours": measure(table, ours, crowd),
            }
            if round_number:
                for way, result in done.items():
                    runs[way].append(result)
        ms = {way: median(1000 / each.rate for each in results) for way, results in runs.items()}
        p99 = median(each.p99_ms for each in runs["ours"])
        name = f"draft-pick: {crowd.name}"
        figures += [
            Figure(name, *_rounded(ms["floor"], ms["ours"]), round(1 / crowd.of_floor, 2)),
            Figure(f"{name}, against naive", *_rounded(ms["naive"], ms["ours"]), round(1 / OF_NAIVE, 2)),
        ]
        if crowd.clients > 1:
            limit = P99_MS[connection.vendor]
            figures.append(Figure(f"{name}, p99 against {limit:g} ms", *_rounded(limit, p99), 1))
    return figures


def _rounded(floor_ms: float, ours_ms: float) -> tuple[float, float, float]:
    return round(floor_ms, 3), round(ours_ms, 3), round(ours_ms / floor_ms, 2)


def _one_winner(table: Table) -> None:
    """Of eight who want a turn one gets it; where it is looked up and then taken, it goes to several."""
    counts = winners(table, ours)
    assert counts == [1] * SLOTS, Counter(counts)
    several = len([count for count in winners(table, careless) if count > 1])
    print(f"draft-pick: {CLIENTS} clients for one turn, {SLOTS} times: ours has one winner each time;")
    print(f"            looking first and taking then, without lock and constraint, has several {several} times")
    assert several, "The clients did not meet."
