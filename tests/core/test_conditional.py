"""Changes that go through only if the thing is as its editor saw it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from drafts import lifecycle
from drafts.models import Draft
from leagues.models import Constructor, League
from tests.contention import at_once
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, UserFactory

pytestmark = pytest.mark.django_db


def of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def patch(client: Client, path: str, body: dict[str, Any], **headers: str) -> Any:
    return client.patch(path, body, "application/json", headers=headers)


@pytest.fixture
def league() -> League:
    return LeagueFactory()


@pytest.fixture
def path(league: League) -> str:
    return f"/api/v1/leagues/{league.pk}"


@pytest.fixture
def client(league: League) -> Client:
    return of(league.creator)


@pytest.fixture
def draft(now: datetime) -> Draft:
    race = RaceFactory(starts_at=now + timedelta(days=4), entries=22)
    league = LeagueFactory(season=race.season)
    ConstructorFactory.create_batch(3, league=league)
    return lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=now)[0]


def test_a_league_is_changed_as_it_was_read(client: Client, path: str) -> None:
    read = client.get(path)

    changed = patch(client, path, {"name": "New"}, **{"If-Match": read["ETag"]})

    assert (changed.status_code, changed.json()["name"]) == (200, "New")
    assert changed["ETag"] == client.get(path)["ETag"] != read["ETag"]


def test_a_league_that_another_has_changed_is_not(client: Client, path: str, league: League) -> None:
    read = client.get(path)
    patch(client, path, {"name": "Theirs"})

    refused = patch(client, path, {"name": "Ours"}, **{"If-Match": read["ETag"]})

    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
    league.refresh_from_db()
    assert league.name == "Theirs"


@pytest.mark.parametrize(
    ("header", "status"),
    [("*", 200), ("{tag}", 200), ("{strong}", 200), ('"x", {tag}', 200), ('"x"', 412), ("x", 412), ("", 412)],
)
def test_what_may_be_named(header: str, status: int, client: Client, path: str) -> None:
    tag = client.get(path)["ETag"]
    named = header.format(tag=tag, strong=tag.removeprefix("W/"))

    assert patch(client, path, {"name": "New"}, **{"If-Match": named}).status_code == status


def test_without_the_header_the_last_editor_wins(client: Client, path: str) -> None:
    client.get(path)

    assert [patch(client, path, {"name": name}).status_code for name in ("A", "B")] == [200, 200]


def test_a_league_is_deleted_as_it_was_read(client: Client, path: str) -> None:
    read = client.get(path)["ETag"]
    patch(client, path, {"name": "New"})

    old = client.delete(path, headers={"If-Match": read})
    new = client.delete(path, headers={"If-Match": client.get(path)["ETag"]})

    assert (old.status_code, old.json()["code"], new.status_code) == (412, "precondition_failed", 204)


def test_who_may_not_change_it_is_told_so_first(path: str) -> None:
    stranger = of(UserFactory())

    answers = [
        patch(stranger, path, {"name": "Mine"}, **{"If-Match": '"x"'}),
        stranger.delete(path, headers={"If-Match": '"x"'}),
        patch(Client(), path, {"name": "Mine"}, **{"If-Match": '"x"'}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 401]


def test_a_private_league_is_not_given_away(path: str, league: League) -> None:
    League.objects.filter(pk=league.pk).update(is_private=True)

    assert patch(of(UserFactory()), path, {"name": "x"}, **{"If-Match": "*"}).status_code == 404


def test_an_order_is_set_as_it_was_read(draft: Draft, now: datetime) -> None:
    client = of(draft.league.creator)
    path = f"/api/v1/leagues/{draft.league_id}/drafts/{draft.race_id}"
    first, second, third = draft.order_data
    with time_machine.travel(now, tick=False):
        read = client.get(path)["ETag"]

        changed = patch(client, path, {"order": [third, second, first]}, **{"If-Match": read})
        again = patch(client, path, {"order": [second, third, first]}, **{"If-Match": read})
        stranger = patch(of(UserFactory()), path, {"order": [first, second, third]}, **{"If-Match": read})

        assert (changed.status_code, changed.json()["order"]) == (200, [third, second, first])
        assert (again.status_code, again.json()["code"]) == (412, "precondition_failed")
        assert stranger.status_code == 403
        assert client.get(path)["ETag"] == changed["ETag"]


@pytest.mark.django_db(transaction=True)
def test_of_two_editors_who_saw_the_same_league_one_wins() -> None:
    league = LeagueFactory()
    path = f"/api/v1/leagues/{league.pk}"
    read = of(league.creator).get(path)["ETag"]

    def edit(name: str) -> Callable[[], int]:
        client = of(league.creator)
        return lambda: patch(client, path, {"name": name}, **{"If-Match": read}).status_code

    statuses = at_once([edit(f"Name {number}") for number in range(6)])

    assert sorted(statuses) == [200, 412, 412, 412, 412, 412]


@pytest.mark.django_db(transaction=True)
def test_of_two_editors_who_saw_the_same_order_one_wins(now: datetime) -> None:
    race = RaceFactory(starts_at=now + timedelta(days=4), entries=22)
    league = LeagueFactory(season=race.season)
    ConstructorFactory.create_batch(4, league=league)
    lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=now)
    teams = list(Constructor.objects.filter(league=league).values_list("pk", flat=True))
    path = f"/api/v1/leagues/{league.pk}/drafts/{race.pk}"
    with time_machine.travel(now, tick=False):
        read = of(league.creator).get(path)["ETag"]

        def edit(shift: int) -> Callable[[], int]:
            client, order = of(league.creator), [*teams[shift:], *teams[:shift]]
            return lambda: patch(client, path, {"order": order}, **{"If-Match": read}).status_code

        statuses = at_once([edit(shift) for shift in range(4)])

    assert sorted(statuses) == [200, 412, 412, 412]


@pytest.mark.django_db(transaction=True)
def test_a_league_that_is_deleted_meanwhile_is_not_found() -> None:
    league = LeagueFactory()
    path = f"/api/v1/leagues/{league.pk}"

    def delete() -> Callable[[], int]:
        client = of(league.creator)
        return lambda: client.delete(path).status_code

    assert sorted(at_once([delete() for _ in range(5)])) == [204, 404, 404, 404, 404]
