from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from fantasy_f1.core import leases
from fantasy_f1.core.models import Lease

MINUTE = timedelta(minutes=1)


@pytest.mark.django_db
def test_hold_is_refused_while_another_holds_it() -> None:
    with leases.hold("sync", for_at_most=MINUTE) as first, leases.hold("sync", for_at_most=MINUTE) as second:
        assert (first, second) == (True, False)
        assert str(Lease.objects.get()) == "sync"


@pytest.mark.django_db
def test_hold_gives_back_at_the_end_even_of_an_error() -> None:
    with pytest.raises(RuntimeError), leases.hold("sync", for_at_most=MINUTE):
        raise RuntimeError

    with leases.hold("sync", for_at_most=MINUTE) as again:
        assert again


@pytest.mark.django_db
def test_a_refused_holder_does_not_give_back_what_is_not_its_own() -> None:
    with leases.hold("sync", for_at_most=MINUTE):
        with leases.hold("sync", for_at_most=MINUTE):
            pass
        with leases.hold("sync", for_at_most=MINUTE) as third:
            assert not third


@pytest.mark.django_db
def test_a_lease_of_a_holder_that_died_runs_out() -> None:
    Lease.objects.create(name="sync", holder="died", expires_at=timezone.now() + MINUTE)

    with leases.hold("sync", for_at_most=MINUTE) as early:
        pass
    with time_machine.travel(timezone.now() + 2 * MINUTE), leases.hold("sync", for_at_most=MINUTE) as late:
        pass

    assert (early, late) == (False, True)


@pytest.mark.django_db
def test_a_lease_that_was_given_back_is_free_though_the_clock_was_set_back() -> None:
    with leases.hold("sync", for_at_most=MINUTE):
        pass

    with time_machine.travel(timezone.now() - 60 * MINUTE), leases.hold("sync", for_at_most=MINUTE) as ours:
        assert ours


@pytest.mark.django_db
def test_the_only_process_takes_what_its_last_run_left_behind() -> None:
    Lease.objects.create(name="sync", holder="died", expires_at=timezone.now() + MINUTE)

    leases.break_all()

    with leases.hold("sync", for_at_most=MINUTE) as ours:
        assert ours


@pytest.mark.django_db
def test_a_holder_that_took_too_long_does_not_give_back_what_became_anothers() -> None:
    with leases.hold("sync", for_at_most=timedelta()) as slow, leases.hold("sync", for_at_most=MINUTE) as next_one:
        pass
    with leases.hold("sync", for_at_most=timedelta()), leases.hold("sync", for_at_most=MINUTE):
        holder = Lease.objects.get().holder

    assert (slow, next_one) == (True, True)
    assert holder


@pytest.mark.django_db(transaction=True)
def test_of_many_threads_one_gets_it() -> None:
    threads = 8
    start, end = Barrier(threads, timeout=60), Barrier(threads, timeout=60)

    def work(_: int) -> bool:
        start.wait()
        try:
            with leases.hold("sync", for_at_most=MINUTE) as ours:
                end.wait()
            return ours
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        outcomes = list(pool.map(work, range(threads)))

    assert sorted(outcomes) == [False] * (threads - 1) + [True]
