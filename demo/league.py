"""The demo: a league that has drafted the real season so far, the Wednesday before its last bundled Grand Prix.

It is made by the same commands that people use, and its results come in by the ordinary ingest.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from accounts.signup import register
from drafts import lifecycle, order
from drafts.models import Draft
from drafts.picks import on_the_clock, set_autopilot
from fantasy_f1.core import clock
from fantasy_f1.core.errors import DomainError
from leagues.managers import add_manager, create_league
from leagues.membership import join_league
from leagues.models import Constructor, League
from notifications import telling
from notifications.scores import tell_scores
from notifications.service import mark_all_read
from races.models import Race, Season
from races.seasons import load_season, raced_events

SEASON = 2026
LEAGUE = "Paddock Club"
PASSWORD = "lights-out-2026"  # noqa: S105 (the demo prints it)
PLAYER, HOST = "demo", "host"
TEAMS = {
    "amelie": ("Amélie Roux", "Apex Hunters"),
    "bruno": ("Bruno Castro", "Box Box Box"),
    "chidi": ("Chidi Okafor", "Curva Grande"),
    "dana": ("Dana Novak", "Dirty Air Society"),
    "emil": ("Emil Lindqvist", "Eau Rouge Express"),
    "farah": ("Farah Haddad", "Full Wets Only"),
    "gus": ("Gus Whitaker", "Graining Again"),
    "hana": ("Hana Mori", "Hammer Time"),
}
RESULTS_AFTER = timedelta(hours=20)
"""On the morning after the race the results are there."""


class DemoOver(DomainError):
    code = "demo_over"


@dataclass(frozen=True)
class Demo:
    league: League
    race: Race
    """The next race whose real results are bundled, or the last one when all have been run."""

    @property
    def is_over(self) -> bool:
        return self.race.is_finished


def find() -> Demo | None:
    """The demo as it stands; ``None`` before it is made."""
    league = League.objects.filter(creator__username=HOST).order_by("pk").first()
    if league is None:
        return None
    races = _bundled_races()
    ahead = [race for race in races if not race.is_finished]
    return Demo(league, ahead[0] if ahead else races[-1])


def ensure() -> tuple[Demo, bool]:
    """The demo, made where it is missing → (demo, whether it was made now)."""
    standing = find()
    if standing:
        return standing, False
    with transaction.atomic():
        made = _make()
    today = _wednesday_before(made.race)
    telling.catch_up()
    tell_scores(today - timedelta(days=1))
    clock.set_to(today)
    for user in User.objects.filter(constructors__league=made.league):
        mark_all_read(user=user, created_at__lt=today)
    return made, True


def can_advance() -> bool:
    """Whether there is a Grand Prix left to run."""
    demo = find()
    return demo is not None and not demo.is_over


def advance() -> Race:
    """Run the next Grand Prix: the clock goes to the morning after it, and what really happened comes in.

    Turns that nobody took are taken by the ranking, as at every lock. Raises ``DemoOver`` when no more results are
    bundled.
    """
    demo = find()
    if demo is None or demo.is_over:
        raise DemoOver("The bundled results end here: there is no further Grand Prix to run.")
    lifecycle.run_due(demo.race.starts_at - timedelta(minutes=1))
    clock.set_to(max(clock.now(), demo.race.starts_at + RESULTS_AFTER))
    now = clock.now()
    load_season(SEASON, until=now, now=now)
    lifecycle.run_due(now)
    telling.catch_up()
    tell_scores(now)
    return Race.objects.get(pk=demo.race.pk)


def _make() -> Demo:
    """Play the season up to the last bundled race, at the times when it really happened."""
    start = datetime.fromisoformat(f"{SEASON}-02-20T12:00:00Z")
    load_season(SEASON - 1, until=start, now=start)
    load_season(SEASON, until=start, now=start)
    league, teams = _found_league(start)
    races = _bundled_races()
    for race in races[:-1]:
        draft = _schedule(league, race)
        if race == races[0]:
            _seat_player(draft, teams, first_in=len(races) - 1)
        lifecycle.open_draft(draft_id=draft.pk, actor=None, now=draft.opens_at)
        lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)
        over = race.starts_at + RESULTS_AFTER
        load_season(SEASON, until=over, now=over)
    player = Constructor.objects.get(league=league, user__username=PLAYER)
    wednesday = _wednesday_before(races[-1])
    draft = _schedule(league, races[-1])
    for team in teams:
        if team.pk != player.pk:
            set_autopilot(draft_id=draft.pk, constructor=team, mode="always", actor=team.user, now=wednesday)
    lifecycle.run_due(wednesday)
    draft.refresh_from_db()
    assert on_the_clock(draft) == player.pk, "the rotation brings the player's seat to the front"
    return Demo(league, draft.race)


def _schedule(league: League, race: Race) -> Draft:
    """Before the draft is due to open, as beat does once the race before has been started."""
    return lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=race.starts_at - timedelta(days=6))


def _found_league(now: datetime) -> tuple[League, list[Constructor]]:
    host = register(username=HOST, email="host@example.com", password=PASSWORD, full_name="The host", now=now)
    host.is_superuser = host.is_staff = True
    host.save()
    league = create_league(
        creator=host,
        name=LEAGUE,
        description="Eight friends, two drivers each, every Grand Prix. Scored from the real results.",
        season=Season.objects.get(pk=SEASON),
        draft_method=League.DraftMethod.SNAKE,
        is_private=False,
        max_teams=10,
        now=now,
    )
    teams = []
    for username, (full_name, team_name) in TEAMS.items():
        user = register(
            username=username, email=f"{username}@example.com", password=PASSWORD, full_name=full_name, now=now
        )
        teams.append(join_league(league_id=league.pk, user=user, team_name=team_name, now=now))
    return league, teams


def _seat_player(draft: Draft, teams: list[Constructor], *, first_in: int) -> None:
    """Give the demo's account to the seat that the rotation brings to the front ``first_in`` races from now.

    The first order is a real draw; only whose account that seat is gets decided after it.
    """
    drawn = order.random_order(draft.order_seed, [team.pk for team in teams])
    seat = next(team for team in teams if team.pk == drawn[first_in % len(drawn)])
    User.objects.filter(pk=seat.user_id).update(username=PLAYER, email=f"{PLAYER}@example.com")
    player = User.objects.get(pk=seat.user_id)
    seat.user = player
    add_manager(league_id=draft.league_id, actor=draft.league.creator, user=player, now=draft.created_at)


def _bundled_races() -> list[Race]:
    """The season's races whose results are bundled, in calendar order."""
    return list(Race.objects.filter(season=SEASON, external_id__in=raced_events(SEASON)).in_calendar_order())


def _wednesday_before(race: Race) -> datetime:
    """Nine o'clock UTC on the Wednesday before the race."""
    day = race.starts_at - timedelta(days=(race.starts_at.weekday() - 2) % 7 or 7)
    return day.replace(hour=9, minute=0, second=0, microsecond=0)
