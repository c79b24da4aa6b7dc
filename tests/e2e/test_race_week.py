"""A whole race week by beat alone, and what is heard of it outside: nobody but the clock does anything."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from icalendar import Calendar
from pytest_django import Settings

from accounts.models import User
from drafts import calendars
from drafts.models import Draft
from leagues.managers import create_league
from leagues.membership import join_league
from leagues.models import League
from notifications import browsers
from notifications.models import Channel, Notification
from notifications.outgoing import Outgoing
from notifications.preferences import set_ways
from notifications.webhooks import endpoints
from races.models import Race, Season
from races.sync import sync_season
from scoring.leaderboards import race_board
from tests.beat import PlayedBeat
from tests.factories import UserFactory
from tests.mailserver import MailServer
from tests.pushing import PushedTo
from tests.receiver import Receiver
from tests.upstream import UpstreamDouble

pytestmark = pytest.mark.django_db(transaction=True)

MIAMI = "2026_miami_grand_prix"
MONDAY = datetime(2026, 4, 27, 9, tzinfo=UTC)
NAMES = ("ana", "bo", "cleo", "dev")
ONCE_EACH = dict.fromkeys(NAMES, 1)


@dataclass
class Outside:
    """The servers that the app talks to."""

    upstream: UpstreamDouble
    mails: MailServer
    pushes: Receiver
    phone: PushedTo
    hooks: Receiver

    def mailed(self, words: str) -> Counter[str]:
        """How many mails with these words in the subject each person got."""
        return Counter(_name(mail) for mail in self.mails.mails if words in str(mail["Subject"]))

    def pushed(self, words: str) -> int:
        return sum(words in self.phone.read(got)["title"] for got in self.pushes.got)

    def posted(self) -> Counter[str]:
        """What the league's webhook was told, by kind; a repeated id would be one too many."""
        ids = [got.headers["Webhook-Id"] for got in self.hooks.got]
        assert len(ids) == len(set(ids))
        return Counter(got.json["type"] for got in self.hooks.got)


def _name(mail: EmailMessage) -> str:
    return str(mail["To"]).partition("@")[0]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def outside(settings: Settings, clock: time_machine.Traveller) -> Iterator[Outside]:
    with UpstreamDouble(now=MONDAY) as upstream, MailServer() as mails, Receiver() as pushes, Receiver() as hooks:
        settings.F1_API_URL = upstream.url
        settings.F1_API_PER_SECOND = settings.F1_API_PER_HOUR = 1000
        settings.EMAIL_VERIFICATION = settings.OUTBOUND_LOOPBACK = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mails.port
        pushes.usual = "201"
        yield Outside(upstream, mails, pushes, PushedTo(), hooks)


@pytest.fixture
def league(outside: Outside) -> League:
    """Four friends who never look in, with eight hours a pick: one of them has a phone, the league a webhook."""
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
    for name in NAMES:
        user = UserFactory(username=name, email=f"{name}@example.com")
        join_league(league_id=league.pk, user=user, team_name=f"Team {name}", now=MONDAY)
        set_ways(user=user, ways=[("results_amended", Channel.EMAIL)], on=True)
    ana = User.objects.get(username="ana")
    browsers.subscribe(
        user=ana, sign_in=None, endpoint=outside.pushes.url, **outside.phone.keys, user_agent="", now=MONDAY
    )
    endpoints.add(actor=host, league=league, url=outside.hooks.url, format="json", now=MONDAY)
    return league


def told(kind: str) -> Counter[str]:
    """How often each person was told of this by the bell."""
    return Counter(Notification.objects.filter(type=kind).values_list("user__username", flat=True))


def feed_of(client: Client, name: str) -> dict[str, datetime]:
    """What a person's calendar shows, by its words."""
    feed, _ = calendars.make_feed(user=User.objects.get(username=name), league=None, now=MONDAY)
    events = Calendar.from_ical(client.get(calendars.address(feed)).content).walk("VEVENT")
    return {str(event["SUMMARY"]): event["DTSTART"].dt for event in events}


def test_the_clockwork_plays_a_race_week(
    clock: time_machine.Traveller, outside: Outside, league: League, client: Client
) -> None:
    race = Race.objects.get(external_id=MIAMI)
    beat = PlayedBeat(clock)
    pass_until: Callable[..., None] = lambda moment, step: beat.run_until(  # noqa: E731
        moment, step=step, each=outside.upstream.set_now
    )
    with beat.worker():
        # The draft opens by itself, and everybody hears of it, wherever they want to.
        pass_until(MONDAY + timedelta(days=2), timedelta(hours=2))
        draft = Draft.objects.get(league=league, race=race)
        assert draft.status == Draft.Status.OPEN
        assert told("draft_open") == outside.mailed(f"{race.name}: the draft is open") == ONCE_EACH
        assert outside.pushed(f"{race.name}: the draft is open") == outside.posted()["draft.opened"] == 1
        assert any("lock" in words.lower() and at == draft.locks_at for words, at in feed_of(client, "ana").items())

        # Eight clocks run out, then it locks.
        pass_until(race.starts_at - timedelta(hours=1), timedelta(hours=2))
        draft.refresh_from_db()
        assert (draft.status, draft.picks.count()) == (Draft.Status.LOCKED, 8)
        assert set(draft.picks.values_list("source", flat=True)) == {"auto"}
        assert told("pick_turn") == told("draft_update") == dict.fromkeys(NAMES, 2)
        assert outside.mailed("Your turn in Grid") == dict.fromkeys(NAMES, 2)
        assert outside.pushed("Your turn in Grid") == 2
        assert (outside.posted()["draft.pick_made"], outside.posted()["draft.locked"]) == (8, 1)

        # The race is run. The upstream is asked by its plan; scores are made, and everybody hears of theirs once.
        pass_until(race.starts_at + timedelta(hours=5), timedelta(minutes=20))
        board = race_board(League.objects.get(), race, until=None)
        assert len(board.rows) == 4
        assert told("race_finished") == outside.mailed(f"{race.name}: ") - Counter(ONCE_EACH) == ONCE_EACH
        assert told("results_amended") == {}
        assert outside.pushed(" point") == 1
        asked = [path for path in outside.upstream.asked if f"/2026/{race.round_number}/results/" in path]
        assert len(asked) == 2, "first two hours after the start, when there is nothing yet, and an hour later"

        # Ten days later a drafted driver is disqualified: everybody hears once what that moved.
        pass_until(race.starts_at + timedelta(days=10), timedelta(hours=6))
        best = draft.picks.filter(constructor=board.rows[0].constructor_id).select_related("driver")[0].driver
        outside.upstream.amend(
            2026, MIAMI, best.external_id, position=22, position_text="D", status="Disqualified", points="0", time=""
        )
        pass_until(race.starts_at + timedelta(days=16), timedelta(hours=6))
    assert told("race_finished") == told("results_amended") == ONCE_EACH
    assert outside.mailed(f"{race.name}: the results changed") == ONCE_EACH
    assert outside.pushed(f"{race.name}: the results changed") == 1
    assert {kind: count for kind, count in outside.posted().items() if kind.startswith("score.")} == {
        "score.race_scored": 1,
        "score.race_amended": 1,
    }
    client.force_login(User.objects.get(username="bo"))
    unread = Notification.objects.filter(user__username="bo", is_read=False)
    assert f"{unread.count()} unread" in client.get(reverse("notifications:bell")).content.decode()
    assert {each.state for each in unread[0].deliveries.all()} == {Outgoing.State.SENT}
