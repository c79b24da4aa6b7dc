from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from fakeredis import FakeRedis
from pytest_django import Settings
from redis import Redis
from structlog.testing import capture_logs

from accounts.models import User
from fantasy_f1.core import ratelimit
from fantasy_f1.core.buckets import Decision, Limit, LocalBuckets, RedisBuckets
from fantasy_f1.core.ratelimit import RateLimited, SteadyBuckets, limit_auth, limit_mail, limit_request
from leagues.models import League
from tests.factories import SeasonFactory, UserFactory, tokens_of

pytestmark = pytest.mark.django_db

READ, WRITE = "/api/v1/drivers", "/api/v1/notifications/read-all"
DEAD = "redis://127.0.0.1:9/0"
AN_HOUR = pytest.approx(3600, abs=50)  # less what a slow machine takes
TELL = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


@pytest.fixture(autouse=True)
def few(limits: Settings) -> Settings:
    """Three of each, and none comes back while a test runs."""
    limits.RATE_LIMIT_READS = limits.RATE_LIMIT_WRITES = Limit(3, 3 * 3600)
    limits.RATE_LIMIT_AUTH_ADDRESS = limits.RATE_LIMIT_AUTH_ACCOUNT = limits.RATE_LIMIT_MAIL = Limit(3, 3 * 3600)
    return limits


def bearer(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens_of(user)['access']}"}


def statuses(ask: Callable[[], Any], times: int = 5) -> list[int]:
    return [ask().status_code for _ in range(times)]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", READ, {}, 200),
        ("HEAD", READ, {}, 200),
        ("OPTIONS", READ, {}, 204),
        ("GET", "/api/v1/leagues/999", {}, 404),
        ("GET", "/api/v1/nothing", {}, 404),
        ("GET", "/api", {}, 404),
        ("GET", "/api/v1/drivers?%00", {}, 400),
        ("DELETE", READ, {}, 405),
        ("POST", WRITE, {}, 401),
        ("GET", READ, {"Authorization": "Bearer forged"}, 401),
        ("POST", "/api/v1/auth/login", {}, 400),
        ("GET", "/api/schema/", {}, 200),
        ("GET", "/api/docs/", {}, 200),
    ],
)
def test_every_answer_of_the_api_tells_what_is_left(
    method: str, path: str, headers: dict[str, str], status: int, client: Client
) -> None:
    answer = client.generic(method, path, "", "application/json", headers=headers)

    assert answer.status_code == status
    assert [int(answer[name]) for name in TELL] == [3, 2, AN_HOUR]


def test_too_many_requests_are_a_problem_that_says_when_to_come_back(client: Client) -> None:
    answer = [client.get(READ) for _ in range(4)][-1]

    assert (answer.status_code, answer["Content-Type"]) == (429, "application/problem+json")
    assert answer.json() == {
        "type": "about:blank",
        "title": "Too many requests",
        "status": 429,
        "detail": "That was too often in a short time. Try again in 60 minutes.",
        "code": "rate_limited",
    }
    assert int(answer["Retry-After"]) == AN_HOUR
    assert [int(answer[name]) for name in TELL] == [3, 0, pytest.approx(3 * 3600, abs=50)]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (89, "89 seconds"), (90, "2 minutes"), (3600, "60 minutes"), (5400, "2 hours")],
)
def test_people_are_told_the_time_in_words(seconds: int, words: str) -> None:
    assert str(RateLimited(seconds)).endswith(f"Try again in {words}.")


def test_reads_count_by_account_whatever_it_comes_with(client: Client) -> None:
    ana, bo = UserFactory(), UserFactory()
    other_browser = Client()
    other_browser.force_login(ana)

    by_token = statuses(lambda: client.get(READ, headers=bearer(ana)), 2)
    by_session = statuses(lambda: other_browser.get(READ), 2)
    of_another = statuses(lambda: client.get(READ, headers=bearer(bo)), 1)
    of_nobody = statuses(lambda: client.get(READ), 4)

    assert (by_token, by_session, of_another, of_nobody) == ([200, 200], [200, 429], [200], [200, 200, 200, 429])


def test_reads_of_visitors_count_by_address(client: Client) -> None:
    first = statuses(lambda: client.get(READ, REMOTE_ADDR="203.0.113.1"), 4)
    second = statuses(lambda: client.get(READ, REMOTE_ADDR="203.0.113.2"), 1)
    of_one_network = [client.get(READ, REMOTE_ADDR=f"2001:db8::{number}").status_code for number in range(4)]

    assert (first[-1], second, of_one_network) == (429, [200], [200, 200, 200, 429])


def test_a_forged_address_gets_no_bucket_of_its_own(client: Client, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.1")]

    direct = [client.get(READ, headers={"X-Forwarded-For": f"6.6.6.{number}"}).status_code for number in range(4)]
    through = [
        client.get(
            READ, headers={"X-Forwarded-For": f"6.6.6.{number}, 203.0.113.5"}, REMOTE_ADDR="10.0.0.1"
        ).status_code
        for number in range(4)
    ]

    assert direct == through == [200, 200, 200, 429]


def test_writes_count_apart_from_reads_and_do_nothing_beyond_the_limit(client: Client) -> None:
    ana, season = UserFactory(), SeasonFactory()
    statuses(lambda: client.get(READ, headers=bearer(ana)), 4)

    def write() -> Any:
        given = {"name": "Grid", "season": season.year}
        return client.post("/api/v1/leagues", given, "application/json", headers=bearer(ana))

    assert statuses(write) == [201, 201, 201, 429, 429]
    assert League.objects.count() == 3


@pytest.mark.parametrize("path", [READ, "/api/v1/nothing", "/api/v1/auth/me"])
def test_false_tokens_are_no_way_around(path: str, client: Client) -> None:
    wrong = [
        client.get(path, headers={"Authorization": f"Bearer {number}"}, REMOTE_ADDR="203.0.113.1")
        for number in range(5)
    ]

    assert [answer.status_code for answer in wrong[3:]] == [429, 429]
    assert int(wrong[-1]["Retry-After"]) == AN_HOUR


def test_who_may_not_is_counted_too(client: Client) -> None:
    assert statuses(lambda: client.post(WRITE)) == [401, 401, 401, 429, 429]


@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}])
def test_what_pages_send_counts_with_the_writes_of_the_account(htmx: dict[str, str], client: Client) -> None:
    ana = UserFactory()
    client.force_login(ana)
    profile = {"full_name": "Ana", "email": ana.email, "time_zone": "UTC"}

    def send() -> Any:
        return client.post("/accounts/profile/", profile, headers={"Referer": "http://testserver/", **htmx})

    sent = statuses(send, 2)
    by_api = statuses(lambda: client.post(WRITE, headers=bearer(ana)), 1)
    refused = send()

    assert (sent, by_api) == ([302, 302], [200])
    assert (refused.status_code, int(refused["Retry-After"])) == (429, AN_HOUR)
    assert "Try again in 60 minutes." in refused.content.decode()
    assert not any(name in refused for name in TELL)


@pytest.mark.parametrize("path", ["/", "/drivers/", "/health", "/accounts/login/", "/static/css/tokens.css"])
def test_pages_are_read_without_limit(path: str, client: Client) -> None:
    answers = [client.get(path) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {200}
    assert not any(name in answer for name in TELL for answer in answers)


def test_the_switch_turns_all_of_it_off(client: Client, settings: Settings) -> None:
    settings.RATE_LIMITS = False
    request = RequestFactory().get("/")

    answers = [client.get(READ) for _ in range(5)]
    for _ in range(5):
        limit_request(request)
        limit_auth(request, account="a")
        limit_mail(account="a")

    assert {answer.status_code for answer in answers} == {200}
    assert not any(name in answers[0] for name in TELL)


def attempt(limit: Callable[..., None], address: str, **given: str) -> bool:
    """Whether it was let through."""
    try:
        limit(RequestFactory().post("/", REMOTE_ADDR=address), **given)
    except RateLimited:
        return False
    return True


def test_attempts_count_by_address_over_all_accounts() -> None:
    by_address = [attempt(limit_auth, "203.0.113.1", account=str(number)) for number in range(4)]

    assert by_address == [True, True, True, False]
    assert not attempt(limit_auth, "203.0.113.1")
    assert attempt(limit_auth, "203.0.113.2")


def test_attempts_count_by_account_over_all_addresses() -> None:
    by_account = [attempt(limit_auth, f"203.0.113.{number}", account="ana") for number in range(4)]

    assert by_account == [True, True, True, False]
    assert attempt(limit_auth, "203.0.113.9", account="bo")


def test_mails_count_apart_from_logins() -> None:
    for _ in range(3):
        limit_mail(account="ana")

    with pytest.raises(RateLimited):
        limit_mail(account="ana")
    assert attempt(limit_auth, "203.0.113.9", account="ana")


def test_what_is_left_for_an_account_is_not_told(settings: Settings) -> None:
    settings.RATE_LIMIT_AUTH_ACCOUNT = Limit(2, 7200)
    told = []
    for address in ("203.0.113.1", "203.0.113.2", "203.0.113.3"):
        request = RequestFactory().post("/", REMOTE_ADDR=address)
        try:
            limit_auth(request, account="ana")
        except RateLimited:
            told.append("refused")
        told.append(ratelimit.headers(request)["RateLimit-Remaining"])

    assert told == ["2", "2", "refused", "0"]


class Switchable:
    """A Redis that can be unplugged; unplugged it is an address at which nothing listens."""

    def __init__(self) -> None:
        self.up, self.down = FakeRedis(), Redis.from_url(DEAD)
        self.client = self.up
        self.asked = 0

    def __call__(self) -> Redis:
        self.asked += 1
        return self.client


def test_while_redis_is_away_the_process_counts_and_one_line_says_so() -> None:
    redis, now = Switchable(), [0.0]
    buckets = SteadyBuckets(RedisBuckets(redis), LocalBuckets(), clock=lambda: now[0])
    limit = Limit(2, 7200)

    def take(*, is_read: bool = False) -> Decision:
        return buckets.take("ana", limit, is_read=is_read)

    with capture_logs() as logs:
        before = take().remaining
        redis.client = redis.down
        away = [take().allowed for _ in range(3)]
        reads = [take(is_read=True).remaining for _ in range(3)]
        asked_at_once = redis.asked
        now[0] = 5.0
        still_away = take().allowed
        asked_later = redis.asked
        redis.client = redis.up
        now[0] = 9.9
        not_yet = take().allowed
        now[0] = 10.0
        after = [take().remaining for _ in range(2)]

    assert (before, away, reads) == (1, [True, True, False], [2, 2, 2])
    assert (asked_at_once, asked_later) == (2, 3)
    assert (still_away, not_yet, after) == (False, False, [0, 0])
    assert [(line["log_level"], line["event"]) for line in logs] == [
        ("error", "Redis does not answer: requests are counted by each process for itself"),
        ("info", "Redis answers again: requests are counted by all processes together"),
    ]


def test_without_redis_the_site_goes_on_and_guessing_does_not(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = DEAD
    redis_cache = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": DEAD, "OPTIONS": {"IGNORE_EXCEPTIONS": True}}
    settings.CACHES = {"default": redis_cache}
    monkeypatch.setattr(ratelimit, "buckets", ratelimit.make_buckets())
    ana = UserFactory()

    with capture_logs() as logs:
        reads = statuses(lambda: client.get(READ))
        cached = cache.get_or_set("a", lambda: "made again")
        writes = statuses(lambda: client.post(WRITE, headers=bearer(ana)))
        guesses = statuses(lambda: client.post("/accounts/login/", {"username": "ana", "password": "x"}))

    assert (reads, cached) == ([200] * 5, "made again")
    assert (writes, guesses) == ([200, 200, 200, 429, 429], [400, 400, 400, 429, 429])
    assert [line["log_level"] for line in logs if line["event"] != "request"] == ["error"]
