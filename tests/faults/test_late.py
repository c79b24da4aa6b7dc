"""Beat was away for two hours: everything that fell due meanwhile is done once, whatever comes first.

That beat starts each task once when it is back, whatever time it was due, is shown in ``tests/core/test_beat.py``.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations

import pytest
import time_machine

from drafts import lifecycle
from drafts.models import Draft, Pick
from drafts.tasks import run_due_drafts, settle_clocks
from scoring.tasks import score_pending_races
from tests.conftest import NOW
from tests.factories import RaceFactory
from tests.faults.world import DAY, TEAMS, drafted, league

pytestmark = pytest.mark.django_db

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
BACK = NOW + 2 * HOUR
ORDERS = list(permutations([run_due_drafts, settle_clocks, score_pending_races]))


@pytest.fixture
def back() -> Iterator[time_machine.Traveller]:
    """Beat goes away at ``NOW``; what the test makes then falls due until it is back."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "-".join(task.name.rpartition(".")[2] for task in order))
def test_after_two_hours_without_beat_everything_is_done_once(
    order: tuple[type[run_due_drafts], ...], back: time_machine.Traveller
) -> None:
    coming = RaceFactory(starts_at=NOW + 5 * DAY, entries=10)
    closing = RaceFactory(starts_at=NOW + DAY + HOUR, qualifying_at=NOW + HOUR, entries=10)
    running = drafted(league(closing, pick_seconds=60), coming, at=NOW)
    locking = drafted(league(closing, pick_seconds=3600), closing, at=NOW)
    opening = lifecycle.schedule_draft(league_id=league(closing, pick_seconds=60).pk, race_id=coming.pk, now=NOW)
    Draft.objects.filter(pk=opening.pk).update(opens_at=NOW + HOUR, created_at=NOW - 9 * DAY)

    back.move_to(BACK)
    for task in order * 2:
        task()

    # The one whose race locked meanwhile: every turn was taken, each once, and then it was locked.
    locking.refresh_from_db()
    assert locking.status == Draft.Status.LOCKED
    assert list(locking.picks.values_list("pick_number", flat=True)) == list(range(1, 2 * TEAMS + 1))
    names = list(locking.events().values_list("name", flat=True))
    assert (names.count("DraftLocked"), names[-1]) == (1, "DraftLocked")

    # The one whose clocks ran: one turn was taken, and whoever is next has all of their time.
    running.refresh_from_db()
    assert (running.current_pick, running.deadline_at) == (2, BACK + 60 * SECOND)
    assert running.picks.get().source == Pick.Source.AUTO

    # The one that was to open: it did, and nobody's turn was over before they could know of it.
    opening.refresh_from_db()
    assert (opening.status, opening.current_pick, opening.deadline_at) == ("open", 1, BACK + 60 * SECOND)
    assert list(opening.events().values_list("name", flat=True)).count("DraftOpened") == 1


def test_the_clocks_go_on_as_if_nothing_had_been(back: time_machine.Traveller) -> None:
    coming = RaceFactory(starts_at=NOW + 5 * DAY, entries=10)
    running = drafted(league(coming, pick_seconds=60), coming, at=NOW)

    back.move_to(BACK)
    for _ in range(20):
        settle_clocks()
        settle_clocks()
        back.shift(63 * SECOND)

    running.refresh_from_db()
    assert running.status == Draft.Status.COMPLETE
    assert running.picks.count() == 2 * TEAMS
