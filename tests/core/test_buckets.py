"""Both keepers of buckets against a plain model of tokens; Redis by a double, and where there is one by the server."""

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import NamedTuple

import pytest
from fakeredis import FakeRedis, FakeServer
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from fantasy_f1.core.buckets import SECOND, Buckets, Decision, Limit, LocalBuckets, RedisBuckets, full


class Timed(NamedTuple):
    """Buckets whose time can be made to pass, by microseconds."""

    buckets: Buckets
    wait: Callable[[int], None]


class FakeClock:
    def __init__(self) -> None:
        self.now = 10**15

    def __call__(self) -> int:
        return self.now

    def wait(self, time: int) -> None:
        self.now += time


def local() -> Timed:
    clock = FakeClock()
    return Timed(LocalBuckets(clock=clock), clock.wait)


def on(client: Redis) -> Timed:
    def wait(time: int) -> None:
        """The server's clock is real: instead all that it keeps moves into the past."""
        for key in client.scan_iter("bucket:*"):
            full_at = client.get(key)
            if full_at is not None:
                client.set(key, int(full_at) - time, keepttl=True)

    return Timed(RedisBuckets(lambda: client), wait)


def double() -> Timed:
    return on(FakeRedis(server=FakeServer()))


def server() -> Timed:
    client = Redis.from_url(os.environ["REDIS_URL"])
    client.flushdb()
    return on(client)


needs_server = pytest.mark.skipif(not os.environ.get("REDIS_URL"), reason="TEST_REDIS_URL is not set")
ALL = pytest.mark.parametrize("make", [local, double, pytest.param(server, marks=needs_server)])
HOUR = Limit(3, 3 * 3600)
"""Of which nothing comes back while a test runs."""


class Model:
    """What a token bucket is: tokens that are there, and more of them as time goes by."""

    def __init__(self) -> None:
        self.tokens: dict[str, Fraction] = {}
        self.now = 0
        self.looked_at: dict[str, int] = {}

    def take(self, key: str, limit: Limit, cost: int) -> Decision:
        rate = Fraction(limit.tokens, limit.seconds * SECOND)
        since = self.now - self.looked_at.get(key, self.now)
        tokens = min(Fraction(limit.tokens), self.tokens.get(key, Fraction(limit.tokens)) + since * rate)
        allowed = tokens >= cost
        tokens -= cost if allowed else 0
        self.tokens[key], self.looked_at[key] = tokens, self.now
        return Decision(
            allowed=allowed,
            limit=limit.tokens,
            remaining=math.floor(tokens),
            reset_after=math.ceil((limit.tokens - tokens) / rate / SECOND),
            retry_after=0 if allowed else math.ceil((cost - tokens) / rate / SECOND),
        )


Step = tuple[str, int, int]
steps = st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 3), st.integers(0, 9)), min_size=1, max_size=40)


@given(
    limit=st.builds(Limit, st.sampled_from([4, 5, 8, 10, 64, 1000]), st.integers(1, 3600)),
    steps=steps,
    unit=st.integers(1, 500 * SECOND),
)
def test_the_process_counts_like_the_model_to_the_microsecond(limit: Limit, steps: list[Step], unit: int) -> None:
    model, (buckets, wait) = Model(), local()

    for key, cost, pause in steps:
        wait(pause * unit)
        model.now += pause * unit
        assert buckets.take(key, limit, cost) == model.take(key, limit, cost)


@pytest.mark.parametrize("make", [double, pytest.param(server, marks=needs_server)])
@given(tokens=st.integers(3, 8), steps=steps)
@settings(max_examples=60, deadline=None)
def test_redis_counts_like_the_model(make: Callable[[], Timed], tokens: int, steps: list[Step]) -> None:
    """Pauses are halves of the time for one token, so that the moments which really pass make no difference."""
    model, (buckets, wait) = Model(), make()
    limit = Limit(tokens, tokens * 1000)

    for key, cost, pause in steps:
        wait(pause * 500 * SECOND)
        model.now += pause * 500 * SECOND
        took, expected = buckets.take(key, limit, cost), model.take(key, limit, cost)
        assert (took.allowed, took.limit, took.remaining) == (expected.allowed, expected.limit, expected.remaining)
        assert took.reset_after == pytest.approx(expected.reset_after, abs=20)
        assert took.retry_after == pytest.approx(expected.retry_after, abs=20)


@ALL
def test_of_many_at_once_as_many_win_as_there_are_tokens(make: Callable[[], Timed]) -> None:
    buckets = make().buckets

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda _: buckets.take("a", Limit(50, 24 * 3600)).allowed, range(200)))

    assert sum(won) == 50


@ALL
def test_an_odd_number_of_tokens_is_there_to_the_last(make: Callable[[], Timed]) -> None:
    buckets = make().buckets

    won = [buckets.take("a", Limit(7, 3600)).allowed for _ in range(8)]

    assert won == [True] * 7 + [False]


@ALL
def test_a_clock_that_was_put_back_leaves_no_bucket_empty_for_longer_than_it_takes_to_fill(
    make: Callable[[], Timed],
) -> None:
    buckets, wait = make()
    buckets.take("a", HOUR)

    wait(-(10**6) * SECOND)

    assert buckets.take("a", HOUR) == Decision(
        allowed=False, limit=3, remaining=0, reset_after=3 * 3600, retry_after=3600
    )


@ALL
@pytest.mark.parametrize("cost", [0, 4])
def test_what_a_bucket_can_never_give_is_refused(make: Callable[[], Timed], cost: int) -> None:
    with pytest.raises(ValueError, match=f"{cost} tokens can never be taken from a bucket of 3"):
        make().buckets.take("a", HOUR, cost)


def test_a_bucket_that_is_not_asked_is_full() -> None:
    assert full(HOUR) == Decision(allowed=True, limit=3, remaining=3, reset_after=0, retry_after=0)


def test_the_process_keeps_a_bounded_number_and_forgets_the_fullest_first() -> None:
    clock = FakeClock()
    buckets = LocalBuckets(clock=clock, most=10)
    buckets.take("empty", HOUR, 3)

    for number in range(1000):
        buckets.take(f"visitor {number}", HOUR)
        clock.wait(SECOND)

    assert len(buckets) <= 10
    assert not buckets.take("empty", HOUR, 2).allowed


@pytest.mark.parametrize(
    "make", [FakeRedis, pytest.param(lambda: Redis.from_url(os.environ["REDIS_URL"]), marks=needs_server)]
)
def test_redis_keeps_a_bucket_until_it_is_full_and_the_script_when_it_was_flushed(make: Callable[[], Redis]) -> None:
    client = make()
    client.flushdb()
    buckets = RedisBuckets(lambda: client)
    first = buckets.take("a", HOUR)
    client.script_flush()

    second = buckets.take("a", HOUR)

    assert (first.remaining, second.remaining) == (2, 1)
    assert client.pttl("bucket:a") == pytest.approx(2 * 3600 * 1000, abs=20_000)
