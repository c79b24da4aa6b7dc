"""Practice against bots: a draft that exists for one person alone, as one row, and leaves nothing anywhere else.

Who stands where follows from the row and the time (``progress``): bots think and choose by the row's seed, and who lets
the time run out gets the best free driver by price. So nothing has to run in between, and reading writes nothing.
"""

import hashlib
from bisect import bisect
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from django.db import transaction

from accounts.models import User
from drafts import order
from drafts.autopick import best
from drafts.errors import (
    CannotDraft,
    DraftNotOpen,
    DriverNotEntered,
    DriverTaken,
    NoMockDraft,
    NotOnTheClock,
)
from drafts.models import ROUNDS, MockDraft
from fantasy_f1.core.errors import Invalid
from leagues.models import MAX_TEAMS, MIN_TEAMS, League
from races.models import Driver, Race

SECONDS = (5, 30)
"""Shortest and longest time for a pick."""
THINKS = (1_000, 3_000)
"""How long a bot takes, in milliseconds: less than the shortest time for a pick."""
LIKES = (50, 25, 13, 8, 4)
"""In how many of a hundred picks a bot takes the dearest free driver, the second, and so on."""
KEPT = timedelta(days=1)
STARTED_TWICE = timedelta(seconds=3)
"""Another start within this time is the same button pressed twice."""


@dataclass(frozen=True)
class Progress:
    """How far a mock draft is: its picks in order, which of them the autopick made for want of time, and the turn
    on the clock with the moment at which it is over by itself; ``due_at`` is ``None`` once all is picked.
    """

    driver_ids: list[int]
    expired: list[int]
    turn_began_at: datetime
    due_at: datetime | None

    @property
    def pick_number(self) -> int | None:
        """The pick on the clock."""
        return len(self.driver_ids) + 1 if self.due_at else None


def coming_race(*, now: datetime) -> Race | None:
    """The race to be practised for."""
    return Race.objects.upcoming(now).select_related("season").first()


def most_teams(race: Race) -> int:
    """How many can draft for the race: two drivers each."""
    return min(MAX_TEAMS, race.entries.draftable().count() // ROUNDS)


def start(
    *,
    user: User,
    now: datetime,
    teams: int = 8,
    seat: int | None = None,
    method: str = League.DraftMethod.SNAKE,
    pick_seconds: int = 15,
) -> MockDraft:
    """Begin one for the coming race, in place of another one of ``user``; without a ``seat`` it is drawn.

    Raises ``CannotDraft``, or ``Invalid`` with the field at fault.
    """
    race = coming_race(now=now)
    most = most_teams(race) if race else 0
    if race is None or most < MIN_TEAMS:
        raise CannotDraft("There is no race to come whose entry list is known.")
    if not MIN_TEAMS <= teams <= most:
        raise Invalid(f"A draft for this race has {MIN_TEAMS} to {most} teams: two drivers each.", field="teams")
    if seat is not None and not 1 <= seat <= teams:
        raise Invalid(f"Your place is one from 1 to {teams}.", field="seat")
    if method not in League.DraftMethod.values:
        raise Invalid("A draft is sequential or a snake.", field="method")
    if not SECONDS[0] <= pick_seconds <= SECONDS[1]:
        raise Invalid(f"A pick takes {SECONDS[0]} to {SECONDS[1]} seconds.", field="pick_seconds")
    seed = order.new_seed()
    asked = {"race": race, "teams": teams, "method": method, "pick_seconds": pick_seconds}
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        standing = MockDraft.objects.filter(user=user, created_at__gt=now - STARTED_TWICE, **asked).first()
        if standing and seat in (None, standing.seat):
            return standing
        drawn = {"seat": seat or 1 + int(_share(seed, "seat") * teams), "seed": seed, "driver_ids": [], "expired": []}
        return MockDraft.objects.update_or_create(
            user=user, defaults={**asked, **drawn, "turn_began_at": now, "created_at": now}
        )[0]


def pick(*, user: User, driver: Driver, now: datetime) -> MockDraft:
    """Take ``driver`` with one's turn on the clock. Safe to repeat: whoever one has already is left as it is.

    Raises, in this order: ``NoMockDraft``, ``DraftNotOpen``, ``NotOnTheClock``, ``DriverNotEntered``,
    ``DriverTaken``.
    """
    with transaction.atomic():
        mock = MockDraft.objects.select_for_update(no_key=True).filter(user=user).select_related("race").first()
        if mock is None:
            raise NoMockDraft("You have no mock draft.")
        entered = field(mock)
        done = progress(mock, entered, now=now)
        number = done.driver_ids.index(driver.pk) + 1 if driver.pk in done.driver_ids else None
        if number and seat_of(mock, number) == mock.seat:
            return mock
        _check(mock, done, driver, entered, number)
        mock.driver_ids, mock.expired = [*done.driver_ids, driver.pk], done.expired
        mock.turn_began_at = now
        mock.save(update_fields=["driver_ids", "expired", "turn_began_at"])
    return mock


def end(*, user: User) -> None:
    """Forget it. Safe to repeat."""
    MockDraft.objects.filter(user=user).delete()


def forget_old(*, now: datetime) -> None:
    """Delete those of yesterday."""
    MockDraft.objects.filter(created_at__lte=now - KEPT).delete()


def field(mock: MockDraft) -> list[Driver]:
    """The drivers entered for its race."""
    entries = mock.race.entries.draftable().select_related("driver").order_by("pk")
    return [entry.driver for entry in entries]


def seat_of(mock: MockDraft, pick_number: int) -> int:
    """Whose turn it is: the place in the first round, from 1."""
    return order.STRATEGIES[mock.method](mock.teams, pick_number) + 1


def progress(mock: MockDraft, entered: Sequence[Driver], *, now: datetime) -> Progress:
    """How far it is at ``now``: every turn that is over by then is played."""
    driver_ids, expired, began_at = list(mock.driver_ids), list(mock.expired), mock.turn_began_at
    free = [driver for driver in entered if driver.pk not in driver_ids]
    while free and len(driver_ids) < mock.teams * ROUNDS:
        number = len(driver_ids) + 1
        is_mine = seat_of(mock, number) == mock.seat
        due_at = began_at + (timedelta(seconds=mock.pick_seconds) if is_mine else _thinks(mock.seed, number))
        if due_at > now:
            return Progress(driver_ids, expired, began_at, due_at)
        favourites = _favourites(free)
        choice = favourites[0] if is_mine else _taste(mock.seed, number, favourites)
        if is_mine:
            expired.append(number)
        driver_ids.append(choice.pk)
        free.remove(choice)
        began_at = due_at
    return Progress(driver_ids, expired, began_at, None)


def by_price(mock: MockDraft, driver_ids: Sequence[int], drivers: Collection[Driver]) -> list[Driver]:
    """Whom the price alone would have taken with the user's turns so far, the others' picks being what they were."""
    chosen: list[Driver] = []
    gone: set[int] = set()
    for number, pk in enumerate(driver_ids, start=1):
        if seat_of(mock, number) != mock.seat:
            gone.add(pk)
        else:
            chosen += _favourites([driver for driver in drivers if driver.pk not in gone and driver not in chosen])[:1]
    return chosen


def _check(mock: MockDraft, done: Progress, driver: Driver, entered: Sequence[Driver], number: int | None) -> None:
    if done.pick_number is None:
        raise DraftNotOpen("This mock draft is complete.")
    if seat_of(mock, done.pick_number) != mock.seat:
        raise NotOnTheClock("It is not your turn.")
    if driver not in entered:
        raise DriverNotEntered(f"{driver} is not entered for this race.")
    if number:
        raise DriverTaken(f"{driver} was drafted with pick {number}.")


def _favourites(free: Collection[Driver]) -> list[Driver]:
    """The few dearest, the best first: those that a bot thinks of."""
    rest = list(free)
    found: list[Driver] = []
    while len(found) < len(LIKES) and (driver := best(rest)):
        found.append(driver)
        rest.remove(driver)
    return found


def _taste(seed: str, pick_number: int, favourites: Sequence[Driver]) -> Driver:
    """The bot's choice, by the weights in ``LIKES``."""
    marks = list(accumulate(LIKES[: len(favourites)]))
    point = _share(seed, f"choice {pick_number}") * marks[-1]
    return favourites[bisect(marks, point)]


def _thinks(seed: str, pick_number: int) -> timedelta:
    shortest, longest = THINKS
    return timedelta(milliseconds=shortest + int(_share(seed, f"time {pick_number}") * (longest - shortest)))


def _share(seed: str, what: str) -> float:
    """A number from 0 to just below 1 that the seed fixes."""
    digest = hashlib.sha256(f"{seed}:{what}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48
