"""A moment at which every task has something to do, and what there is afterwards, told so that it can be compared."""

from collections import Counter
from datetime import datetime, timedelta

from django.apps import apps
from django.contrib.sessions.models import Session

from accounts.models import SignIn
from drafts import lifecycle
from drafts.models import CalendarEntry, Draft, MockDraft
from fantasy_f1.core.models import EventLog, KeptAnswer, Lease, TaskRun
from leagues.models import League
from notifications.models import Delivery
from notifications.outgoing import Outgoing
from notifications.tasks import tell
from notifications.webhooks.models import WebhookDelivery, new_secret
from races.models import Driver, Race
from races.seasons import load_season
from scoring.scores import score_pending
from tests.conftest import NOW
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, UserFactory, give_result

DAY = timedelta(days=1)
RACED = datetime.fromisoformat("2026-07-26T17:00:00Z")
BOOKKEEPING = {
    "core.lease",
    "core.taskstate",
    "core.taskrun",
    "core.tasktime",
    "core.beat",
    "races.syncrun",
    "django_celery_beat",
}
TEAMS = 4


def make_world(name: str, *, hook: str = "https://127.0.0.1:9/") -> datetime:
    """In which the task ``name`` has something to do → the moment at which it has.

    What happens is to be posted to the address ``hook``, too.
    """
    if name == "races.tasks.sync_due_results":
        load_season(2026, until=NOW, now=NOW)
    if name.startswith("races.tasks.sync"):
        return RACED
    everything_due(NOW, hook=hook)
    if not name.startswith("scoring"):
        score_pending(NOW)
    if name == "notifications.tasks.deliver":
        tell()
    return NOW


def everything_due(now: datetime, *, hook: str) -> None:
    """A race to score and to tell of, drafts to lock, to open, to schedule and to go on, and much to forget."""
    old = now - 60 * DAY
    past = RaceFactory(starts_at=now - 2 * DAY, entries=10)
    coming = RaceFactory(starts_at=now + 4 * DAY, entries=10)
    closing = RaceFactory(starts_at=now + DAY, qualifying_at=now, entries=10)
    soon = RaceFactory(starts_at=now + DAY, qualifying_at=now + timedelta(hours=1), entries=10)
    raced = league(closing)
    drafted(raced, past, at=past.starts_at - 3 * DAY)
    lifecycle.lock_draft(draft_id=Draft.objects.get(league=raced).pk, now=past.starts_at)
    give_result(past, [entry.driver for entry in past.entries.select_related("driver")])
    drafted(league(closing), closing, at=now - DAY)
    heard = drafted(league(closing), soon, at=now - DAY)
    drafted(league(closing, pick_seconds=60), coming, at=now - timedelta(minutes=5))
    ready = lifecycle.schedule_draft(league_id=league(closing).pk, race_id=coming.pk, now=old)
    Draft.objects.filter(pk=ready.pk).update(opens_at=now)
    _old_things(coming, heard, old, hook)
    Driver.objects.update(price=1)


def league(race: Race, **details: object) -> League:
    made: League = LeagueFactory(season=race.season, **details)
    ConstructorFactory.create_batch(TEAMS, league=made)
    return made


def drafted(league: League, race: Race, *, at: datetime) -> Draft:
    """An open draft without a pick."""
    return lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=at)[0]


def _old_things(race: Race, heard: Draft, old: datetime, hook: str) -> None:
    user = UserFactory()
    webhook = heard.league.webhooks.create(
        url=hook, format="json", events=["draft.*"], secret=new_secret(), created_at=old
    )
    webhook.deliveries.create(
        league=heard.league, event_key="old", state="sent", next_at=old, created_at=old, done_at=old
    )
    CalendarEntry.objects.create(uid="old", digest="", changed_at=old - 730 * DAY)
    SignIn.objects.create(
        user=user, kind="browser", key="old", created_at=old, last_used_at=old, expires_at=old, ended_at=old
    )
    Session.objects.create(session_key="old", session_data="", expire_date=old)
    KeptAnswer.objects.create(user=user, key="old", request_digest="", created_at=old)
    TaskRun.objects.create(task="old", started_at=old, ended_at=old, outcome="failed")
    Lease.objects.create(name="old", expires_at=old)
    MockDraft.objects.create(
        user=user,
        race=race,
        method="snake",
        teams=4,
        seat=1,
        pick_seconds=15,
        seed="",
        turn_began_at=old,
        created_at=old,
    )


def told() -> Counter[str]:
    """How many rows of each table there are, and how often each kind of event happened."""
    rows = {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if not {model._meta.label_lower, model._meta.app_label} & BOOKKEEPING
    }
    events = Counter(f"{topic.split(':')[0]} {name}" for topic, name in EventLog.objects.values_list("topic", "name"))
    status = Counter(f"draft {status}" for status in Draft.objects.values_list("status", flat=True))
    return Counter(rows) + events + status + Counter({"over": gone_out()})


def gone_out() -> int:
    """How much went out, or may have: what broke off in the middle nobody knows."""
    over = [Outgoing.State.SENT, Outgoing.State.FAILED]
    return sum(model.objects.filter(state__in=over).count() for model in (Delivery, WebhookDelivery))
