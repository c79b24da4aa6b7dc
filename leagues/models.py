"""Leagues, the constructors (fantasy teams) that play in them, and what their people say to each other."""

from datetime import time
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.urls import reverse

from accounts.models import User
from accounts.zones import validate_time_zone
from fantasy_f1.core.models import Versioned
from fantasy_f1.core.numbers import plain
from races.models import Season, hex_colour

MIN_TEAMS, MAX_TEAMS = 2, 11
"""Two drivers each of at most 22 cars."""

LIVE = (15, 300)
SLOW = (3_600, 86_400)
"""Fewest and most seconds for a pick of those who draft together, and of those who draft over the week."""


def time_in_words(seconds: int) -> str:
    """Of a pick: ``90 seconds``, ``1 hour``, ``2.5 hours``."""
    if seconds < SLOW[0]:
        return f"{seconds} seconds"
    hours = plain(round(Decimal(seconds) / 3_600, 2))
    return f"{hours} hour{'' if hours == '1' else 's'}"


class LeagueQuerySet(models.QuerySet["League"]):
    def of(self, user: "User | AnonymousUser") -> "LeagueQuerySet":
        """Leagues in which ``user`` plays or which they manage."""
        if not user.is_authenticated:
            return self.none()
        playing = Constructor.objects.filter(league=OuterRef("pk"), user=user, is_active=True)
        managing = League.managers.through.objects.filter(league=OuterRef("pk"), user=user)
        return self.filter(Exists(playing) | Exists(managing))

    def managed_by(self, user: "User | AnonymousUser") -> "LeagueQuerySet":
        if not user.is_authenticated:
            return self.none()
        return self if user.is_superuser else self.filter(managers=user)

    def visible_to(self, user: "User | AnonymousUser") -> "LeagueQuerySet":
        """Public leagues and one's own; the host sees all."""
        if user.is_authenticated and user.is_superuser:
            return self
        return self.filter(Q(is_private=False) | Q(pk__in=self.model.objects.of(user).values("pk")))

    def open_to(self, user: "User | AnonymousUser", *, code: str = "") -> "LeagueQuerySet":
        """Those that ``user`` may see, that has the ``code``, and those in which a team is offered to ``user``."""
        known = Q(pk__in=self.model.objects.visible_to(user).values("pk")) | Q(code=code.strip().upper())
        if user.is_authenticated:
            known |= Q(pk__in=user.offered_teams.values("league"))
        return self.filter(known)

    def with_member_count(self) -> "LeagueQuerySet":
        """Adds ``member_count``: constructors that play."""
        return self.annotate(member_count=Count("constructors", filter=Q(constructors__is_active=True)))

    def with_viewer(self, user: "User | AnonymousUser") -> "LeagueQuerySet":
        """Adds ``is_mine``: whether ``user`` plays in the league or manages it."""
        return self.annotate(is_mine=Exists(self.model.objects.of(user).filter(pk=OuterRef("pk"))))

    def lock(self, pk: int) -> "League":
        """Serialise writers of one league until the surrounding transaction ends."""
        return self.select_for_update(no_key=True).get(pk=pk)


class PickClock(models.Model):
    """How long a team may take for a pick; without ``pick_seconds`` no clock runs. In quiet hours it rests."""

    pick_seconds = models.PositiveIntegerField("seconds for a pick", null=True, blank=True)
    quiet_from = models.TimeField("quiet from", null=True, blank=True, help_text="In the league's time zone")
    quiet_until = models.TimeField("quiet until", null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])

    class Meta:
        abstract = True

    @property
    def is_slow(self) -> bool:
        """Whether people draft over the week; there are quiet hours only then."""
        return self.pick_seconds is not None and self.pick_seconds >= SLOW[0]

    @property
    def pace(self) -> str:
        """The clock in words."""
        if self.pick_seconds is None:
            return "No clock"
        told = f"{time_in_words(self.pick_seconds)} a pick"
        if not self.is_slow or self.quiet_from is None or self.quiet_until is None:
            return told
        return f"{told}, quiet from {self.quiet_from:%H:%M} to {self.quiet_until:%H:%M} ({self.time_zone})"


class League(PickClock, Versioned):
    class DraftMethod(models.TextChoices):
        SEQUENTIAL = "sequential", "Sequential (1…N, 1…N)"
        SNAKE = "snake", "Snake (1…N, N…1)"

    class LocksAt(models.TextChoices):
        FIRST_PRACTICE = "first_practice", "First practice"
        QUALIFYING = "qualifying", "Qualifying"
        RACE = "race", "The Grand Prix"

    name = models.CharField(max_length=60)
    description = models.TextField(max_length=500, blank=True)
    code = models.CharField(max_length=8, unique=True, editable=False)
    creator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="created_leagues")
    managers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="managed_leagues")
    season = models.ForeignKey(Season, on_delete=models.PROTECT, related_name="leagues")
    draft_method = models.CharField(max_length=10, choices=DraftMethod, default=DraftMethod.SNAKE)
    max_teams = models.PositiveSmallIntegerField(
        default=8, validators=[MinValueValidator(MIN_TEAMS), MaxValueValidator(MAX_TEAMS)]
    )
    is_private = models.BooleanField("private", default=True)
    draft_opens_days = models.PositiveSmallIntegerField(
        "draft opens (days before the race)", default=5, validators=[MinValueValidator(1), MaxValueValidator(14)]
    )
    draft_locks_at = models.CharField(max_length=14, choices=LocksAt, default=LocksAt.QUALIFYING)
    pick_seconds = models.PositiveIntegerField("seconds for a pick", null=True, blank=True, default=8 * 3_600)
    quiet_from = models.TimeField("quiet from", null=True, blank=True, default=time(22))
    quiet_until = models.TimeField("quiet until", null=True, blank=True, default=time(8))
    muted = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", help_text="Say nothing in its chat")
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = LeagueQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(max_teams__gte=MIN_TEAMS, max_teams__lte=MAX_TEAMS), name="league_has_2_to_11_teams"
            ),
            models.CheckConstraint(
                condition=Q(draft_opens_days__gte=1, draft_opens_days__lte=14), name="draft_opens_1_to_14_days_before"
            ),
            models.CheckConstraint(
                condition=Q(pick_seconds=None) | Q(pick_seconds__range=LIVE) | Q(pick_seconds__range=SLOW),
                name="pick_takes_seconds_or_hours",
            ),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until")),
                name="quiet_hours_begin_and_end",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("league", args=[self.pk])


class ConstructorQuerySet(models.QuerySet["Constructor"]):
    def playing(self) -> "ConstructorQuerySet":
        return self.filter(is_active=True)

    def visible_to(self, user: "User | AnonymousUser") -> "ConstructorQuerySet":
        return self.filter(league__in=League.objects.visible_to(user))


class Constructor(models.Model):
    """A player's fantasy team in one league."""

    league = models.ForeignKey(League, on_delete=models.CASCADE, related_name="constructors", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="constructors")
    team_name = models.CharField(max_length=40)
    color = models.CharField(max_length=7, validators=[hex_colour])
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    was_removed = models.BooleanField(default=False, help_text="By a manager; coming back takes an invitation")
    offered_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="offered_teams",
        help_text="Takes the team over by joining the league",
    )

    objects = ConstructorQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["league", "user"], name="one_constructor_per_user_and_league"),
            models.UniqueConstraint(fields=["league", "offered_to"], name="one_team_offered_per_user_and_league"),
            models.UniqueConstraint("league", Lower("team_name"), name="team_name_taken_once_in_league"),
        ]

    def __str__(self) -> str:
        return self.team_name


class ChatMessage(models.Model):
    """Something that somebody said in the chat of a league, in plain text."""

    league = models.ForeignKey(League, on_delete=models.CASCADE, related_name="chat", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    text = models.CharField(max_length=500)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["league", "pk"]
        indexes = [models.Index(fields=["league", "-id"], name="chat_of_league_newest_first")]

    def __str__(self) -> str:
        return f"{self.user}: {self.text}"
