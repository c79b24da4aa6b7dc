"""Calendar feeds: whose they are, what is in them, and what of that is new since calendars were last told.

Nothing in a feed tells a result or a score.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.models import User
from drafts.ical import Entry
from drafts.lifecycle import locks_at, opens_at
from drafts.models import CalendarEntry, CalendarFeed, Draft
from drafts.picks import on_the_clock
from fantasy_f1.core.errors import NotAllowed
from leagues.models import Constructor, League
from races.models import Race
from races.queries import current_season

SIGNER = Signer(salt="drafts.calendars", sep=".")
SESSIONS = {
    "first_practice_at": ("Practice 1", timedelta(hours=1)),
    "second_practice_at": ("Practice 2", timedelta(hours=1)),
    "third_practice_at": ("Practice 3", timedelta(hours=1)),
    "sprint_qualifying_at": ("Sprint qualifying", timedelta(minutes=45)),
    "sprint_at": ("Sprint", timedelta(hours=1)),
    "qualifying_at": ("Qualifying", timedelta(hours=1)),
    "starts_at": ("Grand Prix", timedelta(hours=2)),
}
"""How long they are on paper; a Grand Prix is over after two hours, unless it is stopped."""

MOMENT = timedelta(minutes=15)
"""How long a moment takes in a calendar, so that it can be seen there."""

LAST_HOUR = timedelta(hours=1)
CONFIRMED, TENTATIVE, CANCELLED = "CONFIRMED", "TENTATIVE", "CANCELLED"
RACE_STATUS = {Race.Status.CANCELLED: CANCELLED, Race.Status.POSTPONED: TENTATIVE}
KEPT_FOR = timedelta(days=400)
"""What has not changed for so long is long over; where a feed still shows it, its changes are counted anew."""


class NotPlaying(NotAllowed):
    """You have no team in this league."""

    code = "not_playing"


@dataclass(frozen=True)
class Item:
    """What a calendar is told of a thing; when anything of it but ``path`` changes, that is news."""

    uid: str
    summary: str
    starts_at: datetime
    ends_at: datetime
    status: str
    location: str = ""
    path: str = "/"

    @property
    def digest(self) -> str:
        told = [self.summary, self.starts_at.isoformat(), self.ends_at.isoformat(), self.status, self.location]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()


# Whose ------------------------------------------------------------------------------------------


def make_feed(*, user: User, league: League | None, now: datetime) -> tuple[CalendarFeed, bool]:
    """The calendar of a league that ``user`` plays in, or of all of them → (it, whether it is new).

    Safe to repeat: one that stands keeps its address. Raises ``NotPlaying``.
    """
    if league and not Constructor.objects.playing().filter(league=league, user=user).exists():
        raise NotPlaying("You have no team in this league.")
    return CalendarFeed.objects.get_or_create(
        user=user, league=league, defaults={"nonce": _new_nonce(), "created_at": now}
    )


def renew_feed(feed: CalendarFeed, *, now: datetime) -> CalendarFeed:
    """Give it another address; the old one is a 404 from then on."""
    feed.nonce, feed.created_at = _new_nonce(), now
    feed.save(update_fields=["nonce", "created_at"])
    return feed


def feeds_of(user: User) -> QuerySet[CalendarFeed]:
    """Those that show something: of all leagues, and of leagues that ``user`` plays in."""
    playing = Constructor.objects.playing().filter(user=user).values("league")
    feeds = CalendarFeed.objects.filter(user=user).select_related("league").order_by("pk")
    return feeds.filter(Q(league=None) | Q(league__in=playing))


def address(feed: CalendarFeed) -> str:
    """The whole address: who knows it reads the feed."""
    return settings.BASE_URL + reverse("drafts:calendar_file", args=[SIGNER.sign(feed.nonce)])


def find_feed(token: str) -> CalendarFeed | None:
    """The feed with this end of an address, while its owner has an account and plays in its league."""
    try:
        nonce = SIGNER.unsign(token)
    except BadSignature:
        return None
    feed = CalendarFeed.objects.select_related("user", "league").filter(nonce=nonce, user__is_active=True).first()
    if feed is None or feed.league is None:
        return feed
    return feed if Constructor.objects.playing().filter(league=feed.league, user=feed.user).exists() else None


def _new_nonce() -> str:
    return secrets.token_urlsafe(16)


# What is in it ----------------------------------------------------------------------------------


def name_of(feed: CalendarFeed) -> str:
    return f"{feed.league} · Fantasy F1" if feed.league else "Fantasy F1"


def entries(feed: CalendarFeed, *, now: datetime) -> list[Entry]:
    """All that is in the feed, with how often calendars were told something new of each."""
    items = items_of(feed, now=now)
    told = _told(items)
    if any(item.uid not in told or told[item.uid].digest != item.digest for item in items):
        items, told = _tell(feed, items, now=now)
    return [
        Entry(**asdict(item), sequence=told[item.uid].sequence, changed_at=told[item.uid].changed_at) for item in items
    ]


def items_of(feed: CalendarFeed, *, now: datetime) -> list[Item]:
    """The sessions of the season, and of each league the openings and locks of its drafts and the owner's turns."""
    teams = list(Constructor.objects.playing().filter(user=feed.user).select_related("league").order_by("pk"))
    if feed.league:
        teams = [team for team in teams if team.league_id == feed.league_id]
        years = {feed.league.season_id}
    else:
        season = current_season(now=now)
        years = {season.year} if season else set()
        years |= {team.league.season_id for team in teams if not season or team.league.season_id >= season.year}
        teams = [team for team in teams if team.league.season_id in years]
    races = list(Race.objects.filter(season__in=years).in_calendar_order())
    drafts = Draft.objects.filter(league__in=[team.league_id for team in teams]).select_related("race", "league")
    by_league: dict[int, dict[int, Draft]] = {}
    for draft in drafts:
        by_league.setdefault(draft.league_id, {})[draft.race_id] = draft
    items = [item for race in races for item in _sessions(race)]
    for team in teams:
        for race in races:
            if race.season_id == team.league.season_id:
                items += _of_draft(team, race, by_league.get(team.league_id, {}).get(race.pk), now=now)
    return items


def _sessions(race: Race) -> list[Item]:
    location = ", ".join(filter(None, [race.circuit_name, race.locality, race.country]))
    status = RACE_STATUS.get(Race.Status(race.status), CONFIRMED)
    items = []
    for column, (name, length) in SESSIONS.items():
        starts_at: datetime | None = getattr(race, column)
        if starts_at is None:
            continue
        summary = race.name if column == "starts_at" else f"{race.name}: {name}"
        uid = f"race-{race.pk}-{column.removesuffix('_at').replace('_', '-')}"
        path = reverse("races:race", args=[race.pk])
        items.append(Item(uid, summary, starts_at, starts_at + length, status, location, path))
    return items


def _of_draft(team: Constructor, race: Race, draft: Draft | None, *, now: datetime) -> list[Item]:
    """Opening and lock, by the league's rule while there is no draft yet, and the turn of ``team`` that is on."""
    league = team.league
    if draft:
        opens, locks = draft.opens_at, draft.locks_at
        status = CANCELLED if draft.status == Draft.Status.VOID else CONFIRMED
    else:
        opens, locks, status = opens_at(league, race), locks_at(race, league.draft_locks_at), TENTATIVE
        if opens <= now or race.status == Race.Status.CANCELLED:
            return []
    name, uid = f"{race.name} ({league.name})", f"draft-{league.pk}-{race.pk}"
    path = reverse("drafts:room", args=[league.pk, race.pk])
    items = [
        Item(f"{uid}-opens", f"Draft opens: {name}", opens, opens + MOMENT, status, path=path),
        Item(f"{uid}-locks", f"Draft locks: {name}", locks, locks + MOMENT, status, path=path),
    ]
    if draft and on_the_clock(draft) == team.pk:
        until = draft.deadline_at or draft.locks_at
        if until > now:
            begins = until - min(draft.turn_time or LAST_HOUR, LAST_HOUR)
            turn = f"{uid}-turn-{draft.current_pick}"
            items.append(Item(turn, f"Pick by the end of this: {name}", begins, until, CONFIRMED, path=path))
    return items


# What is new ------------------------------------------------------------------------------------


def forget_old(*, now: datetime) -> None:
    """Forget what calendars were told of seasons long over."""
    CalendarEntry.objects.filter(changed_at__lt=now - KEPT_FOR).delete()


def _told(items: Collection[Item]) -> dict[str, CalendarEntry]:
    return {row.uid: row for row in CalendarEntry.objects.filter(uid__in=[item.uid for item in items]).order_by()}


def _tell(feed: CalendarFeed, items: Sequence[Item], *, now: datetime) -> tuple[list[Item], dict[str, CalendarEntry]]:
    """Note what is new, each change once, whoever reads at the same time."""
    with transaction.atomic():
        uids = [item.uid for item in items]
        list(CalendarEntry.objects.select_for_update(no_key=True).filter(uid__in=uids).order_by("uid"))
        # once more: what is read under the locks is no older than what others have noted
        items = items_of(feed, now=now)
        told = _told(items)
        new = [item for item in items if item.uid not in told]
        CalendarEntry.objects.bulk_create(
            [CalendarEntry(uid=item.uid, digest=item.digest, changed_at=now) for item in new], ignore_conflicts=True
        )
        changed = []
        for item in items:
            row = told.get(item.uid)
            if row and row.digest != item.digest:
                row.digest, row.sequence, row.changed_at = item.digest, row.sequence + 1, now
                changed.append(row)
        CalendarEntry.objects.bulk_update(changed, ["digest", "sequence", "changed_at"])
        return items, _told(items)
