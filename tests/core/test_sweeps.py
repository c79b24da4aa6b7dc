import pytest
from celery.exceptions import SoftTimeLimitExceeded

from fantasy_f1.core.sweeps import attempts


def test_attempts_go_on_and_raise_at_the_end() -> None:
    done = []

    def work(*, on: int) -> None:
        if on % 2:
            raise ValueError(on)
        done.append(on)

    def sweep() -> None:
        with attempts("Odd numbers") as attempt:
            for number in range(4):
                attempt(work, on=number)

    with pytest.raises(ExceptionGroup, match="Odd numbers") as failed:
        sweep()

    assert done == [0, 2]
    assert [(str(error), error.__notes__) for error in failed.value.exceptions] == [
        ("1", ["work of {'on': 1}"]),
        ("3", ["work of {'on': 3}"]),
    ]


def test_a_time_limit_ends_the_sweep_and_what_failed_before_is_told_as_well() -> None:
    done = []

    def work(*, on: int) -> None:
        done.append(on)
        raise (ValueError, SoftTimeLimitExceeded)[on](on)

    def sweep() -> None:
        with attempts("Numbers") as attempt:
            for number in range(3):
                attempt(work, on=number % 2)

    with pytest.raises(ExceptionGroup) as failed:
        sweep()

    assert done == [0, 1]
    assert [type(error) for error in failed.value.exceptions] == [ValueError, SoftTimeLimitExceeded]


def test_attempts_that_all_succeed_raise_nothing() -> None:
    with attempts("Nothing") as attempt:
        attempt(list)
