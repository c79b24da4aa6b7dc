from datetime import datetime
from inspect import getmembers, isclass

import pytest
from pytest_django import DjangoAssertNumQueries

from drafts import events, feed, lifecycle
from drafts.models import Draft
from fantasy_f1.core.events import Event
from fantasy_f1.core.live import Audience
from leagues.models import Constructor
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_all_that_can_happen_is_told_so_that_the_stream_has_no_gaps() -> None:
    classes = [kind for _, kind in getmembers(events, isclass) if issubclass(kind, Event) and kind is not Event]

    assert set(feed.KINDS) == {kind.__name__ for kind in classes}


def test_an_event_is_told_at_once_as_it_is_told_later(draft: Draft, now: datetime) -> None:
    lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)

    row = draft.events().latest("version")
    later = feed.messages_after(draft.pk, row.version - 1)

    assert later == [(row.version, feed.message(row))]


def test_an_audience_takes_two_queries(
    draft: Draft, teams: list[Constructor], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    players, watchers = {team.user_id for team in teams}, {UserFactory().pk, None}

    with django_assert_num_queries(2):
        audience = feed.audience(draft.pk, players | watchers)

    assert audience == Audience(players | watchers, players)
    assert feed.audience(0, players) == Audience(frozenset(), frozenset())
