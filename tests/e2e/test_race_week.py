"""A whole race week by beat alone, and what is heard of it outside: nobody but the clock does anything."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from pytest_django import Settings

from drafts.models import Draft
from leagues.managers import create_league
from leagues.membership import join_league
from leagues.models import League
from notifications.models import Notification
from races.models import Race, Season
from races.sync import sync_season
from scoring.leaderboards import race_board
from tests.beat import PlayedBeat
from tests.factories import UserFactory
from tests.upstream import UpstreamDouble

pytestmark = pytest.mark.django_db(transaction=True)

MIAMI = "2026_miami_grand_prix"
MONDAY = datetime(2026, 4, 27, 9, tzinfo=UTC)
TABLE = [25, 18, 15, 12, 10, 8, 6, 4, 2, 1]


@pytest.fixture
def week(settings: Settings) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def upstream(settings: Settings, week: time_machine.Traveller) -> Iterator[UpstreamDouble]:
    with UpstreamDouble(now=MONDAY) as double:
        settings.F1_API_URL = double.url
        settings.F1_API_PER_SECOND = settings.F1_API_PER_HOUR = 1000
        settings.EMAIL_VERIFICATION = True
        yield double


@pytest.fixture
def league(upstream: UpstreamDouble) -> League:
    """Four friends who never look in; eight hours a pick."""
    sync_season(2026, now=MONDAY)
    host = UserFactory(username="host", is_superuser=True, is_staff=True)
    league = create_league(
        creator=host,
        name="Grid",
        season=Season.objects.get(pk=2026),
        draft_method="snake",
        now=MONDAY,
        pick_seconds=28_800,
        is_private=False,
    )
    for name in ("ana", "bo", "cleo", "dev"):
        join_league(league_id=league.pk, user=UserFactory(username=name), team_name=f"Team {name}", now=MONDAY)
    return league


def told(kind: str) -> Counter[str]:
    """How often each person was told of this in the app."""
    return Counter(Notification.objects.filter(type=kind).values_list("user__username", flat=True))


def mails_about(words: str) -> Counter[str]:
    return Counter(to.partition("@")[0] for message in mail.outbox if words in message.subject for to in message.to)


def test_the_clockwork_plays_a_race_week(
    week: time_machine.Traveller, upstream: UpstreamDouble, league: League, client: Client
) -> None:
    race = Race.objects.get(external_id=MIAMI)
    everybody = {"ana": 1, "bo": 1, "cleo": 1, "dev": 1}
    beat = PlayedBeat(week)

    def pass_until(moment: datetime, *, step: timedelta = timedelta(hours=2)) -> None:
        beat.run_until(moment, step=step, each=upstream.set_now)

    with beat.worker():
        # The draft opens by itself, and everybody hears of it.
        pass_until(MONDAY + timedelta(days=2))
        draft = Draft.objects.get(league=league, race=race)
        assert draft.status == Draft.Status.OPEN
        assert told("draft_open") == everybody

        # Eight clocks run out, then it locks.
        pass_until(race.starts_at - timedelta(hours=1))
        draft.refresh_from_db()
        assert (draft.status, draft.picks.count()) == (Draft.Status.LOCKED, 8)
        assert set(draft.picks.values_list("source", flat=True)) == {"auto"}
        assert sum(told("pick_turn").values()) == sum(told("draft_update").values()) == 8

        # The race is run; the upstream is asked, scores are made, everybody hears of theirs once.
        pass_until(race.starts_at + timedelta(hours=5), step=timedelta(minutes=20))
        board = race_board(league, race, until=None)
        assert len(board.rows) == 4
        assert told("race_finished") == everybody
        assert told("results_amended") == {}
        asked = [path for path in upstream.asked if f"/2026/{race.round_number}/results/" in path]
        assert len(asked) == 2, "first two hours after the start, when there is nothing yet, and an hour later"

        # Ten days later a drafted driver is disqualified: whom it concerns hears what moved, once.
        winner = board.rows[0]
        pass_until(race.starts_at + timedelta(days=10), step=timedelta(hours=6))
        best = draft.picks.filter(constructor=winner.constructor_id).select_related("driver")[0].driver
        upstream.amend(
            2026, MIAMI, best.external_id, position=22, position_text="D", status="Disqualified", points="0", time=""
        )
        pass_until(race.starts_at + timedelta(days=20), step=timedelta(hours=6))
        assert told("race_finished") == everybody
        assert told("results_amended") == everybody
    assert mails_about(f"{race.name}: the draft is open") == everybody
    assert mails_about(f"{race.name}: the results changed") == {}, "by itself only the bell tells that"
    assert mails_about(f"{race.name}: ") == dict.fromkeys(everybody, 2), "… and of the points"
    assert sum(mails_about("Your turn in Grid").values()) == 9, "of eight turns, and of the first of the next race"
