"""What may be said in a league, by whom, and what becomes of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts import closing, export
from accounts.credentials import AccountClosed
from accounts.models import User
from fantasy_f1.core import live
from fantasy_f1.core.buckets import Limit
from fantasy_f1.core.errors import Invalid, NotAllowed
from fantasy_f1.core.ratelimit import RateLimited
from fantasy_f1.core.wires import Note
from leagues import chat
from leagues.errors import ManagerNotMuted, Muted
from leagues.history import history
from leagues.membership import leave_league
from leagues.models import ChatMessage, Constructor, League
from tests.factories import PASSWORD, ConstructorFactory, LeagueFactory, UserFactory
from tests.streaming import Overhearing

pytestmark = pytest.mark.django_db

REAL = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def league() -> League:
    return LeagueFactory(creator=UserFactory(full_name="Ana"), is_private=True)


@pytest.fixture
def team(league: League) -> Constructor:
    return ConstructorFactory(league=league, user=UserFactory(full_name="Bo"), team_name="Box", color="#12a150")


@pytest.fixture
def told(
    league: League,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Callable[[], object]], int]:
    """How often those who listen are told of what an action did."""
    settings.REDIS_URL = ""
    listener = Overhearing()
    monkeypatch.setattr(live, "receiver", listener)

    def told(action: Callable[[], object]) -> int:
        listener.heard.clear()
        with django_capture_on_commit_callbacks(execute=True):
            action()
        return listener.heard.count(Note("nudge", league.topic, name="chat", body=b"event: chat\ndata: {}\n\n"))

    return told


def say(team: Constructor, text: str, now: datetime) -> ChatMessage:
    return chat.say(league_id=team.league_id, actor=team.user, text=text, now=now)


def mute(team: Constructor, now: datetime, *, on: bool = True, by: User | None = None, reason: str = "") -> None:
    actor = by or team.league.creator
    chat.mute(league_id=team.league_id, actor=actor, user=team.user, on=on, now=now, reason=reason)


def test_players_and_managers_talk_and_the_newest_comes_first(team: Constructor, league: League, now: datetime) -> None:
    say(team, "Box, box", now)
    chat.say(league_id=league.pk, actor=league.creator, text="Stay out", now=now)

    told = [(message.user, message.team_name, message.color, message.text) for message in chat.messages(league)]

    assert told == [(league.creator, None, None, "Stay out"), (team.user, "Box", "#12a150", "Box, box")]


def test_the_host_may_talk_anywhere(league: League, now: datetime) -> None:
    host = UserFactory(is_superuser=True)

    assert chat.say(league_id=league.pk, actor=host, text="Hello", now=now).user == host


@pytest.mark.parametrize("private", [True, False])
def test_strangers_and_those_who_left_say_nothing(team: Constructor, now: datetime, private: bool) -> None:
    League.objects.update(is_private=private)
    leave_league(league_id=team.league_id, user=team.user, now=now)

    for user in (UserFactory(), team.user):
        with pytest.raises(NotAllowed, match="for members"):
            chat.say(league_id=team.league_id, actor=user, text="Hello", now=now)


def test_a_closed_account_says_nothing(team: Constructor, now: datetime) -> None:
    User.objects.filter(pk=team.user_id).update(is_active=False)

    with pytest.raises(AccountClosed):
        say(team, "Hello", now)


def test_a_text_is_kept_on_one_line_without_what_is_invisible(team: Constructor, now: datetime) -> None:
    assert say(team, "  Box,\n\n\tbox \u202e\u200b\x00!  ", now).text == "Box, box !"
    assert say(team, "<b>👩\u200d🔧</b>", now).text == "<b>👩\u200d🔧</b>"


@pytest.mark.parametrize("text", ["", " \n", "\u200b\u202e", "\u3164 \u200d"])
def test_a_text_shows_something(team: Constructor, now: datetime, text: str) -> None:
    with pytest.raises(Invalid, match="Write something first") as refused:
        say(team, text, now)

    assert refused.value.field == "text"


def test_a_text_has_an_end(team: Constructor, now: datetime) -> None:
    assert len(say(team, "x" * 500, now).text) == 500
    with pytest.raises(Invalid, match="at most 500"):
        say(team, "x" * 501, now)


def test_a_button_pressed_twice_says_it_once(team: Constructor, now: datetime) -> None:
    first = say(team, "Hello", now)
    other = ConstructorFactory(league=team.league)

    assert say(team, "Hello ", now + timedelta(seconds=4)) == first
    assert say(other, "Hello", now + timedelta(seconds=4)) != first
    assert say(team, "Hello?", now + timedelta(seconds=4)) != first
    assert say(team, "Hello", now + timedelta(seconds=6)) != first


def test_nobody_floods_the_chat(team: Constructor, limits: Settings, now: datetime) -> None:
    limits.RATE_LIMIT_CHAT = Limit(2, 7200)
    other = ConstructorFactory(league=team.league)

    for text in ("One", "Two"):
        say(team, text, now)
    with pytest.raises(RateLimited) as refused:
        say(team, "Three", now)

    assert refused.value.retry_after > 3000
    assert say(other, "Four", now)


def test_muted_players_say_nothing_until_they_may_again(team: Constructor, now: datetime) -> None:
    mute(team, now, reason=" Cool\ndown ")
    mute(team, now, reason="Again")
    with pytest.raises(Muted, match="A manager muted you"):
        say(team, "Hello", now)
    mute(team, now, on=False)
    mute(team, now, on=False)
    say(team, "Hello", now)

    assert [line.what for line in reversed(history(team.league))] == [
        "muted Bo in the chat: Cool down",
        "let Bo speak again in the chat",
    ]


def test_only_managers_mute(team: Constructor, now: datetime) -> None:
    other = ConstructorFactory(league=team.league)

    with pytest.raises(NotAllowed):
        mute(team, now, by=other.user)


def test_a_manager_is_never_muted(team: Constructor, league: League, now: datetime) -> None:
    mine = ConstructorFactory(league=league, user=league.creator)
    with pytest.raises(ManagerNotMuted):
        mute(mine, now)

    mute(team, now)
    league.managers.add(team.user)

    say(team, "I am back", now)


def test_who_is_muted_is_of_the_league_and_a_reason_has_an_end(team: Constructor, now: datetime) -> None:
    stranger = ConstructorFactory().user
    with pytest.raises(Invalid, match="nobody of this league"):
        chat.mute(league_id=team.league_id, actor=team.league.creator, user=stranger, on=True, now=now)
    with pytest.raises(Invalid, match="at most 200"):
        mute(team, now, reason="x" * 201)


def test_messages_are_taken_out_by_who_said_them_and_by_managers(team: Constructor, now: datetime) -> None:
    league, other = team.league, ConstructorFactory(league=team.league)
    first, second = say(team, "One", now), say(team, "Two", now)

    def take_out(message: ChatMessage, actor: User) -> None:
        chat.remove_message(league_id=league.pk, message_id=message.pk, actor=actor, now=now)

    with pytest.raises(NotAllowed):
        take_out(first, other.user)
    with pytest.raises(NotAllowed):
        take_out(first, UserFactory())
    take_out(first, team.user)
    take_out(first, team.user)
    assert not history(league)

    take_out(second, league.creator)
    assert [(line.who, line.what) for line in history(league)] == [("Ana", "took out a message of Bo")]
    assert not league.chat.exists()


def test_messages_of_another_league_stay(team: Constructor, now: datetime) -> None:
    elsewhere = say(ConstructorFactory(), "Here", now)

    chat.remove_message(league_id=team.league_id, message_id=elsewhere.pk, actor=team.league.creator, now=now)

    assert ChatMessage.objects.get() == elsewhere


def test_those_who_listen_are_told(
    team: Constructor, told: Callable[[Callable[[], object]], int], now: datetime
) -> None:
    assert told(lambda: say(team, "Hello", now)) == 1
    assert told(lambda: say(team, "Hello", now)) == 0
    assert told(lambda: mute(team, now)) == 1
    message = ChatMessage.objects.get()
    removal = {"league_id": team.league_id, "message_id": message.pk, "actor": team.user, "now": now}
    assert told(lambda: chat.remove_message(**removal)) == 1
    assert told(lambda: chat.remove_message(**removal)) == 0


def test_a_deleted_account_leaves_nothing_that_it_said(
    team: Constructor, told: Callable[[Callable[[], object]], int], now: datetime
) -> None:
    say(team, "Mine", now)
    mute(team, now)
    stays = chat.say(league_id=team.league_id, actor=team.league.creator, text="Stays", now=now)

    def delete() -> None:
        closing.delete(user=team.user, password=PASSWORD, otp="", now=now, at=REAL)

    assert told(delete) == 1
    assert ChatMessage.objects.get() == stays
    assert not team.league.muted.exists()


def test_a_deactivated_account_keeps_what_it_said(team: Constructor, now: datetime) -> None:
    said = say(team, "Mine", now)

    closing.deactivate(user=team.user, password=PASSWORD, otp="", now=now, at=REAL)

    assert ChatMessage.objects.get() == said


def test_what_one_said_is_in_ones_export(team: Constructor, now: datetime) -> None:
    say(team, "Mine", now)
    chat.say(league_id=team.league_id, actor=team.league.creator, text="Theirs", now=now)

    assert export.export(team.user)["chat"] == [
        {"league_id": team.league_id, "league_name": team.league.name, "text": "Mine", "created_at": now}
    ]


def test_a_panel_has_another_mark_whenever_something_changed(team: Constructor, now: datetime) -> None:
    def mark() -> str:
        return chat.panel(team.league, reader=team.user).mark

    marks = [mark()]
    messages = [say(team, str(number), now) for number in range(3)]
    marks.append(mark())
    for message in (messages[1], messages[2], messages[0]):
        chat.remove_message(league_id=team.league_id, message_id=message.pk, actor=team.user, now=now)
        marks.append(mark())
    mute(team, now)
    marks += [mark()]

    assert marks[0] == marks[4]
    assert len(set(marks)) == 5


def test_a_panel_takes_few_queries(team: Constructor, now: datetime, django_assert_num_queries) -> None:
    for number in range(60):
        say(team, str(number), now)

    with django_assert_num_queries(3):
        panel = chat.panel(team.league, reader=team.user)
        assert [panel.messages[0].text, len(panel.messages)] == ["59", 50]
        assert (panel.may_speak, panel.manages) == (True, False)
