"""Streams held by processes of their own, as in production: they hear of each other's news by Redis."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from django.db import connection
from django.utils import timezone

from drafts import lifecycle
from drafts.models import Draft
from leagues.models import Constructor
from races.models import Race
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, tokens_of
from tests.streaming import PATIENCE, Listening, Process, RedisServer, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.stop()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Process]]:
    started: list[Process] = []

    def running(redis_url: str) -> Process:
        name = connection.settings_dict["NAME"]
        server = os.environ["DATABASE_URL"].rpartition("/")[0]
        process = Process(
            tmp_path,
            DATABASE_URL=f"{server}/{name}" if server else f"sqlite:///{name}",
            JWT_SIGNING_KEY=os.environ["JWT_SIGNING_KEY"],
            REDIS_URL=redis_url,
            SECRET_KEY=os.environ["SECRET_KEY"],
        )
        started.append(process)
        process.start()
        return process

    yield running
    for each in started:
        each.kill()


@pytest.fixture
def draft() -> Draft:
    """Open by the real time, which processes without a game clock have."""
    now = timezone.now()
    race: Race = RaceFactory(starts_at=now + timedelta(days=4), entries=22)
    league = LeagueFactory(season=race.season)
    ConstructorFactory.create_batch(4, league=league)
    return lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=now)[0]


@pytest.fixture
def pick(draft: Draft) -> Callable[[Process], None]:
    """Make the draft's next pick over HTTP."""
    teams = {team.pk: team for team in Constructor.objects.select_related("user")}
    turns = iter([*draft.order_data, *reversed(draft.order_data)])
    drivers = iter(draft.race.entries.values_list("driver_id", flat=True))

    def make(server: Process) -> None:
        team = teams[next(turns)]
        answer = requests.post(
            f"{server.url}/api/v1/constructors/{team.pk}/drafts/{draft.race_id}/picks",
            json={"driver_id": next(drivers)},
            headers={"Authorization": f"Bearer {tokens_of(team.user)['access']}"},
            timeout=PATIENCE,
        )
        assert answer.status_code == 201, answer.text

    return make


def listen(server: Process, draft: Draft, *, after: int = 0, by: Constructor | None = None) -> Listening:
    headers = {"Authorization": f"Bearer {tokens_of(by.user)['access']}"} if by else {}
    path = f"/api/v1/leagues/{draft.league_id}/drafts/{draft.race_id}/events?after={after}"
    return Listening(server.port, path, **headers)


def test_news_pass_from_process_to_process_and_go_on_without_redis(
    redis: RedisServer, start: Callable[[str], Process], draft: Draft, pick: Callable[[Process], None]
) -> None:
    one, other = start(redis.url), start(redis.url)
    players = list(Constructor.objects.select_related("user").order_by("pk")[:2])
    clients = [listen(server, draft, by=player) for server, player in zip((one, other), players, strict=True)]

    def all_heard(newest: int) -> bool:
        return all(client.ids == list(range(1, newest + 1)) for client in clients)

    here = {"here": [player.user_id for player in players]}
    wait_for(lambda: all(client.nudges("presence")[-1:] == [here] for client in clients))
    pick(one)
    wait_for(lambda: all_heard(3))
    pick(other)
    wait_for(lambda: all_heard(4))

    redis.stop()
    pick(one)
    wait_for(lambda: all_heard(5))
    pick(other)
    wait_for(lambda: all_heard(6))

    redis.start()
    pick(one)
    wait_for(lambda: all_heard(7))
    time.sleep(4)  # all have found Redis again, and stopped looking at the log
    began = time.monotonic()
    pick(other)
    wait_for(lambda: all_heard(8))
    assert not any(client.is_over for client in clients)
    assert clients[0].events[-1].at - began < 2


def test_streams_do_not_hold_up_the_end_and_are_taken_up_after_it(
    start: Callable[[str], Process], draft: Draft, pick: Callable[[Process], None]
) -> None:
    server = start("redis://127.0.0.1:9/0")  # nothing answers there
    clients = [listen(server, draft) for _ in range(20)]
    pick(server)
    wait_for(lambda: all(client.ids == [1, 2, 3] for client in clients))

    code, said, seconds = server.stop()
    wait_for(lambda: all(client.is_over for client in clients))

    assert (code, "Traceback" in said, "graceful shutdown exceeded" in said) == (0, False, False)
    assert said.count("Redis does not answer: open streams") == 2  # who sends, and who listens
    assert seconds < 4
    server.start()
    pick(server)
    again = listen(server, draft, after=3)
    wait_for(lambda: again.ids == [4])
