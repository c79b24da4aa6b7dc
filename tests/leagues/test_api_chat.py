"""The chat over the API."""

from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from fantasy_f1.core.buckets import Limit
from leagues import chat
from leagues.models import Constructor, League
from tests.factories import ConstructorFactory, LeagueFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _wednesday(now: datetime):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def team() -> Constructor:
    return ConstructorFactory(league=LeagueFactory(is_private=True), user__username="bo", team_name="Box")


@pytest.fixture
def bo(team: Constructor) -> Client:
    client = Client()
    client.force_login(team.user)
    return client


@pytest.fixture
def manager(team: Constructor) -> Client:
    client = Client()
    client.force_login(team.league.creator)
    return client


def send(client: Client, method: str, league: League, path: str, body: Any = None, **kwargs: Any) -> Any:
    return getattr(client, method)(f"/api/v1/leagues/{league.pk}/{path}", body, "application/json", **kwargs)


def test_what_is_said_is_listed_the_newest_first(team: Constructor, bo: Client, manager: Client) -> None:
    said = send(bo, "post", team.league, "chat", {"text": "Box,\nbox"})
    send(manager, "post", team.league, "chat", {"text": "Stay out"})

    listed = bo.get(f"/api/v1/leagues/{team.league_id}/chat?page_size=2").json()

    assert (said.status_code, said["Location"]) == (201, f"/api/v1/leagues/{team.league_id}/chat")
    assert said.json() == {
        "id": said.json()["id"],
        "user": {"id": team.user_id, "username": "bo"},
        "team_name": "Box",
        "text": "Box, box",
        "created_at": "2026-07-22T09:00:00Z",
    }
    assert listed["results"][1] == said.json()
    assert [(row["team_name"], row["text"]) for row in listed["results"]] == [(None, "Stay out"), ("Box", "Box, box")]


def test_one_request_sent_twice_is_one_message(team: Constructor, bo: Client) -> None:
    answers = [
        send(bo, "post", team.league, "chat", {"text": "Hello"}, headers={"Idempotency-Key": "1"}) for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert team.league.chat.count() == 1


def test_who_talks_too_fast_is_told_when_to_go_on(team: Constructor, bo: Client, limits: Settings) -> None:
    limits.RATE_LIMIT_CHAT = Limit(1, 3600)

    send(bo, "post", team.league, "chat", {"text": "One"})
    answer = send(bo, "post", team.league, "chat", {"text": "Two"})

    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert int(answer["Retry-After"]) > 3000


def test_a_manager_mutes_and_everybody_in_the_league_sees_who_is(
    team: Constructor, bo: Client, manager: Client
) -> None:
    path = f"members/{team.pk}/mute"

    muted = send(manager, "put", team.league, path, {"on": True, "reason": "Cool down"})
    refused = send(bo, "post", team.league, "chat", {"text": "Hello"})
    heard = send(manager, "put", team.league, path, {"on": False})

    assert (muted.status_code, muted.json()["is_muted"]) == (200, True)
    assert (refused.status_code, refused.json()["code"]) == (403, "muted")
    assert heard.json()["is_muted"] is False
    events = bo.get(f"/api/v1/leagues/{team.league_id}/history?event=ChatMuted").json()["results"]
    assert [row["what"] for row in events] == ["let bo speak again in the chat", "muted bo in the chat: Cool down"]


def test_outside_of_a_league_nobody_sees_who_is_muted(team: Constructor, client: Client) -> None:
    League.objects.update(is_private=False)

    assert client.get(f"/api/v1/leagues/{team.league_id}/members").json()["results"][0]["is_muted"] is None


def test_a_manager_is_not_muted(team: Constructor, manager: Client) -> None:
    mine = ConstructorFactory(league=team.league, user=team.league.creator)

    answer = send(manager, "put", team.league, f"members/{mine.pk}/mute", {"on": True})

    assert (answer.status_code, answer.json()["code"]) == (409, "manager_not_muted")


def test_messages_are_taken_out_and_are_gone(team: Constructor, bo: Client, now: datetime) -> None:
    said = chat.say(league_id=team.league_id, actor=team.user, text="Hello", now=now)

    answers = [send(bo, "delete", team.league, f"chat/{said.pk}").status_code for _ in range(2)]

    assert answers == [204, 404]
