"""A draft's stream over real HTTP, as the app's own server holds it open."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import requests
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import keys, signins
from accounts.models import ApiKey, User
from drafts import feed
from drafts.models import Draft
from drafts.picks import make_pick
from fantasy_f1.core import live
from fantasy_f1.core.hub import Hub
from leagues.managers import change_league
from leagues.membership import remove_constructor
from leagues.models import Constructor, League
from races.models import Driver
from tests.factories import UserFactory, tokens_of
from tests.streaming import PATIENCE, Listening, Served, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 6
"""Seconds: sooner than the next heartbeat, which would notice anyway."""


@pytest.fixture
def server() -> Iterator[Served]:
    served = Served()
    yield served
    served.stop()


@pytest.fixture
def listen(server: Served, draft: Draft) -> Iterator[Callable[..., Listening]]:
    """``listen(user, after=3)`` → a client of the draft's stream."""
    clients = []

    def listening(user: User | None = None, *, after: int = 0, **headers: str) -> Listening:
        if user:
            headers["Authorization"] = f"Bearer {tokens_of(user)['access']}"
        path = f"/api/v1/leagues/{draft.league_id}/drafts/{draft.race_id}/events?after={after}"
        clients.append(Listening(server.port, path, **headers))
        return clients[-1]

    yield listening
    for client in clients:
        client.close()


@pytest.fixture
def pick(draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime) -> Callable[[], None]:
    """Make the next pick of the draft."""
    left = iter(zip([*teams, *reversed(teams)], drivers, strict=False))

    def make() -> None:
        team, driver = next(left)
        make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=now)

    return make


def test_it_tells_what_was_and_then_what_happens_at_once(
    listen: Callable[..., Listening], pick: Callable[[], None]
) -> None:
    client = listen()
    wait_for(lambda: client.ids == [1, 2])
    pick()
    pick()
    wait_for(lambda: client.ids == [1, 2, 3, 4])

    assert [told.event for told in client.events] == ["draft_scheduled", "draft_opened", "pick_made", "pick_made"]


def test_a_client_goes_on_where_it_was_though_the_server_started_again(
    server: Served, listen: Callable[..., Listening], pick: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    pick()
    before = listen()
    wait_for(lambda: before.ids == [1, 2, 3])
    server.stop()
    wait_for(lambda: before.is_over)
    pick()
    server.start()
    after = listen(**{"Last-Event-ID": str(before.ids[-1])})
    pick()
    wait_for(lambda: len(after.ids) == 2)

    assert "graceful shutdown exceeded" not in caplog.text
    assert before.ids + after.ids == [1, 2, 3, 4, 5]


def test_whoever_is_far_behind_gets_all_in_the_one_answer(
    listen: Callable[..., Listening], pick: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "BATCH", 2)
    for _ in range(5):
        pick()

    client = listen()

    wait_for(lambda: len(client.ids) == 7)
    pick()
    wait_for(lambda: len(client.ids) >= 8)
    assert client.ids == list(range(1, len(client.ids) + 1))


def test_everybody_is_told_the_same_whenever_they_came(
    listen: Callable[..., Listening], pick: Callable[[], None], draft: Draft
) -> None:
    clients = []
    for _ in range(5):
        clients += [listen(), listen(after=2)]
        pick()

    newest = draft.events().count()
    wait_for(lambda: all(client.ids[-1:] == [newest] for client in clients))
    assert [client.ids for client in clients[::2]] == [list(range(1, newest + 1))] * 5
    assert [client.ids for client in clients[1::2]] == [list(range(3, newest + 1))] * 5
    assert all(
        [told.data for told in client.events] == [told.data for told in clients[0].events] for client in clients[::2]
    )


def test_a_lost_note_is_found_with_the_next_heartbeat(
    listen: Callable[..., Listening], pick: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hub, "HEARTBEAT", 0.3)
    client = listen()
    wait_for(lambda: client.ids == [1, 2])

    with monkeypatch.context() as patch:
        patch.setattr(live, "_send", lambda note: None)
        pick()
    wait_for(lambda: client.ids == [1, 2, 3])

    wait_for(lambda: client.comments >= 2)


def test_whoever_is_removed_from_a_private_league_hears_no_more_of_it(
    listen: Callable[..., Listening], pick: Callable[[], None], teams: list[Constructor], manager: User, now: datetime
) -> None:
    League.objects.update(is_private=True)
    removed, stays = listen(teams[2].user), listen(teams[1].user)
    wait_for(lambda: removed.ids == stays.ids == [1, 2])

    remove_constructor(constructor_id=teams[2].pk, actor=manager, reason="Moved away", now=now)
    wait_for(lambda: removed.is_over, seconds=AT_ONCE)
    pick()

    wait_for(lambda: len(stays.ids) >= 4)
    assert not stays.is_over
    assert 4 not in removed.ids
    assert listen(teams[2].user).status == 404


def test_a_league_that_becomes_private_shuts_out_watchers_and_lets_members_stay(
    listen: Callable[..., Listening], draft: Draft, teams: list[Constructor], manager: User, now: datetime
) -> None:
    watchers, members = [listen(), listen(UserFactory())], [listen(manager), listen(teams[0].user)]
    remove_constructor(constructor_id=teams[2].pk, actor=manager, reason="Moved away", now=now)
    wait_for(lambda: all(3 in client.ids for client in [*watchers, *members]))

    change_league(league_id=draft.league_id, actor=manager, now=now, is_private=True)

    wait_for(lambda: all(client.is_over for client in watchers), seconds=AT_ONCE)
    assert not any(client.is_over for client in members)


def end_sign_in(user: User) -> None:
    signins.end_all(user=user, now=timezone.now())


def change_password(user: User) -> None:
    user.set_password("another password")
    user.save()


def close_account(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


@pytest.mark.parametrize("end", [end_sign_in, change_password, close_account])
def test_a_stream_ends_with_what_let_its_viewer_in(
    listen: Callable[..., Listening],
    teams: list[Constructor],
    end: Callable[[User], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Hub, "HEARTBEAT", 0.3)
    out, stays = listen(teams[0].user), listen(teams[1].user)

    end(teams[0].user)

    wait_for(lambda: out.is_over)
    wait_for(lambda: stays.comments > 2)
    assert not stays.is_over


def test_a_session_and_an_api_key_let_in_as_well(
    server: Served, draft: Draft, teams: list[Constructor], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hub, "HEARTBEAT", 0.2)
    League.objects.update(is_private=True)
    client.force_login(teams[0].user)
    key, text = keys.make(user=teams[1].user, name="Bot", scope=ApiKey.Scope.READ, now=timezone.now())
    path = f"/api/v1/leagues/{draft.league_id}/drafts/{draft.race_id}/events"
    browser = Listening(server.port, path, Cookie=f"sessionid={client.cookies['sessionid'].value}")
    bot = Listening(server.port, path, Authorization=f"Bearer {text}")

    wait_for(lambda: min(browser.comments, bot.comments) > 2)
    client.logout()
    keys.revoke(user=teams[1].user, pk=key.pk, now=timezone.now())

    wait_for(lambda: browser.is_over and bot.is_over)
    assert browser.ids == bot.ids == [1, 2]


def test_members_who_are_here_are_told_to_all_and_watchers_are_not(
    listen: Callable[..., Listening], teams: list[Constructor], manager: User
) -> None:
    watcher, stranger = listen(), listen(UserFactory())
    wait_for(lambda: watcher.nudges("presence") == stranger.nudges("presence") == [{"here": []}])

    player = listen(teams[0].user)
    listen(teams[0].user)
    listen(manager)
    both = {"here": sorted([teams[0].user_id, manager.pk])}
    wait_for(lambda: all(each.nudges("presence")[-1:] == [both] for each in (watcher, stranger, player)))
    late = listen()
    wait_for(lambda: late.nudges("presence") == [both])

    player.close()
    assert late.nudges("presence") == [both]  # another window is open


def test_who_leaves_is_here_no_more(listen: Callable[..., Listening], teams: list[Constructor]) -> None:
    watcher, player = listen(), listen(teams[0].user)
    wait_for(lambda: {"here": [teams[0].user_id]} in watcher.nudges("presence"))

    player.close()

    wait_for(lambda: watcher.nudges("presence")[-1] == {"here": []})


def test_a_member_of_a_public_league_who_leaves_it_becomes_a_watcher(
    listen: Callable[..., Listening], teams: list[Constructor], manager: User, now: datetime
) -> None:
    player = listen(teams[0].user)
    wait_for(lambda: player.nudges("presence") == [{"here": [teams[0].user_id]}])

    remove_constructor(constructor_id=teams[0].pk, actor=manager, reason="Moved away", now=now)

    wait_for(lambda: player.nudges("presence")[-1] == {"here": []})
    assert not player.is_over


def test_nudges_reach_the_league_and_the_draft(listen: Callable[..., Listening], draft: Draft) -> None:
    client = listen()
    wait_for(lambda: client.is_in)

    live.nudge(f"league:{draft.league_id}", "chat", {})
    live.nudge(draft.topic, "wave", {"who": 1})
    live.nudge("league:0", "chat", {"no": "body"})

    wait_for(lambda: client.nudges("wave") == [{"who": 1}])
    assert client.nudges("chat") == [{}]


def test_a_nudge_waits_for_the_commit(listen: Callable[..., Listening], draft: Draft) -> None:
    client = listen()
    wait_for(lambda: client.is_in)

    with transaction.atomic():
        live.nudge(draft.topic, "wave", {"kept": False})
        transaction.set_rollback(True)
    with transaction.atomic():
        live.nudge(draft.topic, "wave", {"kept": True})

    wait_for(lambda: client.nudges("wave"))
    assert client.nudges("wave") == [{"kept": True}]


def test_an_open_answer_is_not_kept_not_buffered_and_spread_in_time(
    server: Served, listen: Callable[..., Listening]
) -> None:
    client = listen()

    headers = client.answer.headers
    assert (client.status, headers["Content-Type"]) == (200, "text/event-stream")
    assert (headers["Cache-Control"], headers["X-Accel-Buffering"]) == ("no-store", "no")
    assert headers["Content-Length"] is headers["Content-Encoding"] is None
    wait_for(lambda: client.retry)
    assert 1000 <= client.retry <= 3000


def test_whoever_only_asks_about_it_is_answered_at_once(server: Served, draft: Draft) -> None:
    path = f"{server.url}/api/v1/leagues/{draft.league_id}/drafts/{draft.race_id}/events"

    assert requests.head(path, timeout=PATIENCE).status_code == 200
    refused = requests.get(path, {"after": "x"}, timeout=PATIENCE)
    assert (refused.status_code, refused.headers["Content-Type"]) == (400, "application/problem+json")


def test_a_server_that_has_enough_streams_gives_answers_that_end(
    listen: Callable[..., Listening], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hub, "MOST", 1)
    first = listen()
    wait_for(lambda: first.is_in)
    second = listen()

    wait_for(lambda: second.is_over)
    assert (second.ids, second.retry) == ([1, 2], 5000)
    assert not first.is_over


def test_a_connection_that_takes_nothing_is_given_up_and_the_others_are_not_held_up(
    server: Served,
    listen: Callable[..., Listening],
    draft: Draft,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(Hub, "HEARTBEAT", 0.2)
    monkeypatch.setattr(Hub, "STALLED", 0.5)
    path = f"/api/v1/leagues/{draft.league_id}/drafts/{draft.race_id}/events"
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        fast = listen()
        listeners = server.hub._by_topic
        wait_for(lambda: len(listeners.get(draft.topic, ())) == 2)

        def is_alone() -> bool:
            live.nudge(draft.topic, "wave", "x" * 1_000_000)
            return len(listeners[draft.topic]) == 1

        wait_for(is_alone)

    assert not fast.is_over
    assert "a listener that took nothing for long was dropped" in caplog.text
    assert "without completing response" not in caplog.text


def test_three_hundred_listeners_hold_neither_threads_nor_connections(
    server: Served, listen: Callable[..., Listening], pick: Callable[[], None]
) -> None:
    first = listen()
    wait_for(lambda: first.is_in)
    threads, held = threads_of_the_app(), connections_held()

    clients = [listen() for _ in range(300)]
    wait_for(lambda: all(client.ids == [1, 2] for client in clients))
    wait_for(lambda: threads_of_the_app() <= threads and connections_held() < held + A_FEW)
    pick()

    wait_for(lambda: all(client.ids == [1, 2, 3] for client in clients))
    wait_for(lambda: threads_of_the_app() <= threads)


A_FEW = 10
"""SQLite closes some of its files late."""


def threads_of_the_app() -> int:
    """But for the clients', which are in this process, too, and those by which the hub looks at the log."""
    names = [thread.name for thread in threading.enumerate()]
    return len([name for name in names if "_read" not in name and not name.startswith("live")])


def connections_held() -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            return int(cursor.fetchone()[0])
    database = str(connection.settings_dict["NAME"])
    return sum(Path(f"/proc/self/fd/{number}").resolve() == Path(database) for number in os.listdir("/proc/self/fd"))
