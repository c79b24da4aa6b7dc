"""The chat as a page, and as the part of other pages."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from fantasy_f1.core.buckets import Limit
from leagues import chat
from leagues.models import ChatMessage, Constructor, League
from tests.factories import ConstructorFactory, LeagueFactory, UserFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _wednesday(now: datetime):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def league() -> League:
    return LeagueFactory(creator=UserFactory(full_name="Ana Lopes"), is_private=True)


@pytest.fixture
def team(league: League) -> Constructor:
    return ConstructorFactory(league=league, user=UserFactory(full_name="Bo"), team_name="Box")


@pytest.fixture
def message(team: Constructor, now: datetime) -> ChatMessage:
    return chat.say(league_id=team.league_id, actor=team.user, text="<b>Box</b>", now=now)


def address(league: League, name: str = "chat") -> str:
    return reverse(f"leagues:{name}", args=[league.pk])


def shown(client: Client, user: User, league: League, **kwargs: Any) -> str:
    client.force_login(user)
    answer = client.get(address(league), **kwargs)
    assert answer.status_code == 200
    return answer.content.decode()


def texts(page: HttpResponse | str) -> list[str]:
    html = page if isinstance(page, str) else page.content.decode()
    return re.findall(r'class="chat__text">([^<]*)', html)


def test_members_read_what_was_said_as_plain_text(client: Client, message: ChatMessage) -> None:
    page = shown(client, message.user, message.league)

    assert texts(page) == ["&lt;b&gt;Box&lt;/b&gt;"]
    assert "Bo " in page
    assert "Box</span>" in page
    assert "Take it out" in page
    assert "Mute" not in page


def test_others_find_no_chat(client: Client, league: League) -> None:
    anonymous = client.get(address(league))
    client.force_login(UserFactory())
    League.objects.update(is_private=False)

    assert anonymous["Location"].startswith(reverse("accounts:login"))
    assert client.get(address(league)).status_code == 404
    assert client.post(address(league), {"text": "Hello"}).status_code == 404


def test_the_league_leads_to_its_chat_and_watchers_see_no_way(client: Client, team: Constructor) -> None:
    League.objects.update(is_private=False)
    home = reverse("league", args=[team.league_id])

    assert address(team.league) not in client.get(home).content.decode()
    client.force_login(team.user)
    assert address(team.league) in client.get(home).content.decode()


def test_something_is_said_by_a_plain_form(client: Client, team: Constructor) -> None:
    client.force_login(team.user)

    answer = client.post(address(team.league), {"text": "Box, box"}, follow=True)

    assert answer.redirect_chain == [(address(team.league), 302)]
    assert texts(answer) == ["Box, box"]


def test_something_is_said_in_a_part_of_a_page(client: Client, team: Constructor) -> None:
    client.force_login(team.user)

    answer = client.post(address(team.league), {"text": "Box, box"}, headers=HTMX)

    assert answer.content.decode().strip().startswith('<section id="chat"')
    assert texts(answer) == ["Box, box"]
    assert "autofocus" in answer.content.decode()


def test_a_refusal_is_shown_and_what_was_typed_stays(client: Client, team: Constructor, limits: Settings) -> None:
    limits.RATE_LIMIT_CHAT = Limit(1, 3600)
    client.force_login(team.user)

    client.post(address(team.league), {"text": "One"})
    answer = client.post(address(team.league), {"text": "Two"}, headers=HTMX)

    assert (answer.status_code, "Retry-After" in answer) == (429, True)
    assert "That was too often" in answer.content.decode()
    assert 'value="Two"' in answer.content.decode()


def test_a_waiting_page_gets_news_only(client: Client, message: ChatMessage, now: datetime) -> None:
    league, user = message.league, message.user
    mark = re.search(r'"seen": "([^"]+)"', shown(client, user, league))[1]

    assert client.get(address(league), {"seen": mark}, headers=HTMX).status_code == 204
    chat.say(league_id=league.pk, actor=user, text="News", now=now + timedelta(minutes=1))
    assert texts(client.get(address(league), {"seen": mark}, headers=HTMX))[0] == "News"


def test_a_manager_mutes_and_lets_speak_again(client: Client, message: ChatMessage) -> None:
    league, user = message.league, message.user
    assert "Mute Bo" in shown(client, league.creator, league)

    muted = client.post(
        address(league, "chat_mute"), {"user": user.pk, "on": "1", "reason": "Cool down"}, follow=True
    ).content.decode()
    assert "Bo is muted" in muted
    assert "Mute Bo" not in muted
    assert "A manager muted you" in shown(client, user, league)
    refused = client.post(address(league), {"text": "Hello"}, headers=HTMX)
    assert (refused.status_code, "muted you in the chat" in refused.content.decode()) == (403, True)

    client.force_login(league.creator)
    client.post(address(league, "chat_mute"), {"user": user.pk}, headers=HTMX)
    assert "Say something" in shown(client, user, league)


def test_a_message_is_taken_out(client: Client, message: ChatMessage) -> None:
    client.force_login(message.league.creator)

    answer = client.post(address(message.league, "chat_remove"), {"message": message.pk}, headers=HTMX)

    assert texts(answer) == []
    assert "Nobody has said anything yet." in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "given", "status", "why"),
    [
        ("chat_remove", {"message": "x"}, 400, "Message: Enter a whole number."),
        ("chat_mute", {"user": "999999", "on": "1"}, 400, "nobody of this league"),
        ("chat", {"text": " "}, 400, "Write something first."),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: Client, league: League, name: str, given: dict[str, str], status: int, why: str
) -> None:
    client.force_login(league.creator)

    answer = client.post(address(league, name), given)

    assert (answer.status_code, why in answer.content.decode()) == (status, True)


def test_managers_are_offered_no_way_to_mute_each_other(client: Client, message: ChatMessage) -> None:
    message.league.managers.add(message.user)

    assert "Mute" not in shown(client, message.league.creator, message.league)


def test_links_to_actions_lead_to_the_chat(client: Client, team: Constructor) -> None:
    client.force_login(team.user)

    for name in ("chat_remove", "chat_mute"):
        assert client.get(address(team.league, name))["Location"] == address(team.league)
