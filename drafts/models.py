"""The draft of a league for a race, and its picks."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from drafts.clock import GRACE, Quiet
from fantasy_f1.core.constraints import CoveringUniqueConstraint
from fantasy_f1.core.models import Versioned
from leagues.models import Constructor, League, PickClock
from races.models import Driver, Race

ROUNDS = 2
"""Every constructor drafts two drivers for a race."""


class DraftQuerySet(models.QuerySet["Draft"]):
    def visible_to(self, user: "User | AnonymousUser") -> "DraftQuerySet":
        return self.filter(league__in=League.objects.visible_to(user))

    def due_to_open(self, now: datetime) -> "DraftQuerySet":
        return self.filter(status=Draft.Status.SCHEDULED, opens_at__lte=now)

    def due_to_lock(self, now: datetime) -> "DraftQuerySet":
        return self.filter(status__in=Draft.UNLOCKED, locks_at__lte=now)

    def due_on_the_clock(self, now: datetime) -> "DraftQuerySet":
        """Those whose pick on the clock has expired by ``now``, as ``Draft.is_due``."""
        return self.filter(status=Draft.Status.OPEN, deadline_at__lte=now - GRACE, locks_at__gt=now)

    def lock(self, pk: int) -> "Draft":
        """Serialise writers of one draft until the surrounding transaction ends."""
        return self.select_for_update(no_key=True).get(pk=pk)


class Draft(PickClock, Versioned):
    """Its rows of the event log (topic ``draft:<id>``) are its history; ``version`` counts them.

    Its clock is the league's from when it opens on, until a manager changes it.
    """

    class Status(models.TextChoices):
        SCHEDULED = "scheduled", "Scheduled"
        OPEN = "open", "Open"
        PAUSED = "paused", "Paused"
        COMPLETE = "complete", "Complete"
        LOCKED = "locked", "Locked"
        VOID = "void", "Void"

    class OrderSource(models.TextChoices):
        RANDOM = "random", "Random, verifiable"
        ROTATION = "rotation", "Rotated from the race before"
        MANUAL = "manual", "Set by a manager"

    RUNNING = (Status.OPEN, Status.PAUSED, Status.COMPLETE)
    UNLOCKED = (Status.SCHEDULED, *RUNNING)
    ORDERABLE = (Status.SCHEDULED, Status.OPEN, Status.PAUSED)
    """In which the order can be set by hand, until the first pick."""

    league = models.ForeignKey(League, on_delete=models.CASCADE, related_name="drafts", db_index=False)
    race = models.ForeignKey(Race, on_delete=models.PROTECT, related_name="drafts")
    method = models.CharField(max_length=10, choices=League.DraftMethod)
    status = models.CharField(max_length=9, choices=Status, default=Status.SCHEDULED)
    order_data = models.JSONField("order", default=list, help_text="Constructor ids; the first picks first")
    order_source = models.CharField(max_length=8, choices=OrderSource)
    is_manual = models.BooleanField(default=False)
    withdrawn = models.JSONField(default=list, help_text="Constructor ids whose remaining turns are passed over")
    last_modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    order_seed = models.CharField(max_length=64, blank=True, help_text="Of a random order; secret until it opens")
    order_commitment = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the seed")
    current_pick = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Pick number on the clock")
    locks_with = models.CharField(max_length=14, choices=League.LocksAt, default=League.LocksAt.QUALIFYING)
    deadline_at = models.DateTimeField(null=True, blank=True, help_text="When the pick on the clock expires")
    turn_time = models.DurationField(null=True, blank=True, help_text="In all, of the turn on the clock")
    time_left = models.DurationField(null=True, blank=True, help_text="Of the turn on the clock, kept in a pause")
    misses = models.JSONField(default=dict, help_text="How often the time of a constructor, by its id, ran out")
    opens_at = models.DateTimeField(help_text="When it opens, or did")
    locks_at = models.DateTimeField()
    created_at = models.DateTimeField()

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering = ["league", "-race__starts_at"]
        constraints = [models.UniqueConstraint(fields=["league", "race"], name="one_draft_per_league_and_race")]
        indexes = [
            models.Index(fields=["opens_at"], condition=Q(status="scheduled"), name="draft_due_to_open"),
            models.Index(
                fields=["locks_at"],
                condition=Q(status__in=["scheduled", "open", "paused", "complete"]),
                name="draft_due_to_lock",
            ),
            models.Index(fields=["deadline_at"], condition=Q(status="open"), name="draft_due_on_the_clock"),
        ]

    def __str__(self) -> str:
        return f"{self.league}: {self.race}"

    def is_due(self, now: datetime) -> bool:
        """Whether the time for the pick on the clock is over, and the autopick to take it; at the lock all is over."""
        is_late = self.deadline_at is not None and self.deadline_at + GRACE <= now
        return is_late and self.status == self.Status.OPEN and now < self.locks_at

    @property
    def clock(self) -> PickClock:
        """Its own, or until it opens that of the league, with which it would open now."""
        return self.league if self.status == self.Status.SCHEDULED else self

    @property
    def quiet(self) -> Quiet | None:
        """The hours in which its clock rests: only that of a slow draft has some."""
        if not self.is_slow or self.quiet_from is None or self.quiet_until is None:
            return None
        return Quiet(self.quiet_from, self.quiet_until, self.time_zone)

    @property
    def seed_shown(self) -> str:
        """The seed once everybody may know it, from the opening on; empty before and where nothing was random."""
        is_drawn = self.status != self.Status.SCHEDULED and self.order_data
        return self.order_seed if is_drawn else ""


class PickQuerySet(models.QuerySet["Pick"]):
    def that_count(self) -> "PickQuerySet":
        """Without those of void drafts, which are history and score nothing."""
        void = Draft.objects.filter(league=OuterRef("league"), race=OuterRef("race"), status=Draft.Status.VOID)
        return self.exclude(Exists(void))


class Pick(models.Model):
    """A driver drafted by a constructor. Inserted once, deleted only when undone; what it scores is never stored here.

    ``league`` and ``race`` stand beside the draft so that one covering index is both the rule that nobody shares a
    driver and the index that every leaderboard reads.
    """

    class Source(models.TextChoices):
        PLAYER = "player", "Player"
        QUEUE = "queue", "Queue"
        AUTO = "auto", "Autopick"
        MANAGER = "manager", "Manager"

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="picks", db_index=False)
    league = models.ForeignKey(League, on_delete=models.CASCADE, related_name="+", db_index=False)
    race = models.ForeignKey(Race, on_delete=models.PROTECT, related_name="+", db_index=False)
    constructor = models.ForeignKey(Constructor, on_delete=models.PROTECT, related_name="picks")
    driver = models.ForeignKey(Driver, on_delete=models.PROTECT, related_name="picks")
    pick_number = models.PositiveSmallIntegerField()
    round = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=7, choices=Source, default=Source.PLAYER)
    reason = models.CharField(
        max_length=450, blank=True, help_text="Why the autopick chose this driver, or why a manager picked"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField()

    objects = PickQuerySet.as_manager()

    class Meta:
        ordering = ["draft", "pick_number"]
        constraints = [
            CoveringUniqueConstraint(
                fields=["league", "race", "driver"], include=["constructor"], name="driver_drafted_once_in_league"
            ),
            models.UniqueConstraint(fields=["draft", "pick_number"], name="one_pick_per_turn"),
            models.UniqueConstraint(fields=["draft", "constructor", "round"], name="one_pick_per_round"),
            models.CheckConstraint(condition=Q(round__gte=1, round__lte=ROUNDS), name="two_picks_per_constructor"),
        ]

    def __str__(self) -> str:
        return f"#{self.pick_number} {self.constructor}: {self.driver}"


class AutopilotQuerySet(models.QuerySet["Autopilot"]):
    def of(self, draft: Draft) -> "AutopilotQuerySet":
        """Those that hold for ``draft``."""
        return self.filter(Q(draft=None) | Q(draft=draft))


class Autopilot(models.Model):
    """A constructor whose turns the autopick takes as they come, by its owner's own choice.

    ``draft`` is the one for which that holds, for its next pick or for all of it; without one it holds until it is
    switched off.
    """

    class Mode(models.TextChoices):
        PICK = "pick", "The next pick"
        DRAFT = "draft", "The whole draft"
        ALWAYS = "always", "Until I switch it off"

    OFF = "off"
    """What stands where a constructor has none that holds."""

    constructor = models.OneToOneField(Constructor, on_delete=models.CASCADE, related_name="autopilot")
    mode = models.CharField(max_length=6, choices=Mode, default=Mode.ALWAYS)
    draft = models.ForeignKey(Draft, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()

    objects = AutopilotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(mode="always", draft=None) | ~Q(mode="always") & Q(draft__isnull=False),
                name="autopick_of_a_draft_or_always",
            )
        ]

    def __str__(self) -> str:
        return f"{self.constructor} on autopick"

    def holds_for(self, draft: Draft) -> bool:
        return self.draft_id in (None, draft.pk)


class Queue(models.Model):
    """Whom a constructor wants in a draft, the most wanted first. Nobody but its owner may see it.

    Drivers who went stay in it: they may come back.
    """

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="queues", db_index=False)
    constructor = models.ForeignKey(Constructor, on_delete=models.CASCADE, related_name="queues")
    driver_ids = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["draft", "constructor"], name="one_queue_per_team_and_draft")]

    def __str__(self) -> str:
        return f"Queue of {self.constructor}"


class SeasonList(models.Model):
    """Whom a constructor wants in every draft after its queue, and whom never. Nobody but its owner may see it."""

    constructor = models.OneToOneField(Constructor, on_delete=models.CASCADE, related_name="season_list")
    driver_ids = models.JSONField(default=list, help_text="The most wanted first")
    never_ids = models.JSONField(default=list, help_text="Taken by the autopick only where nobody else is left")

    def __str__(self) -> str:
        return f"Season list of {self.constructor}"


class MockDraft(models.Model):
    """Practice against bots for a race, by itself: no league, draft or pick comes of it.

    What the bots do follows from ``seed`` and the time alone; ``driver_ids`` are the picks made so far.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mock_draft")
    race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="+")
    method = models.CharField(max_length=10, choices=League.DraftMethod)
    teams = models.PositiveSmallIntegerField()
    seat = models.PositiveSmallIntegerField(help_text="The user's place in the first round, from 1")
    pick_seconds = models.PositiveSmallIntegerField()
    seed = models.CharField(max_length=64)
    driver_ids = models.JSONField(default=list)
    expired = models.JSONField(default=list, help_text="Pick numbers of the user that were made when the time was over")
    turn_began_at = models.DateTimeField()
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"Mock draft of {self.user}"


class CalendarFeed(models.Model):
    """Somebody's calendar address, of one of their leagues or (without one) of all.

    The address is made of ``nonce`` and the server's secret key (see ``calendars.address``): the row alone, as in a
    stolen copy of the database, lets nobody read the feed.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feeds")
    league = models.ForeignKey(League, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=22, unique=True, editable=False)
    created_at = models.DateTimeField(help_text="When the address was made, or made anew")

    class Meta:
        ordering = ["user", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "league"], name="one_calendar_per_user_and_league"),
            models.UniqueConstraint(fields=["user"], condition=Q(league=None), name="one_calendar_of_all_leagues"),
        ]

    def __str__(self) -> str:
        return f"Calendar of {self.user}: {self.league or 'all leagues'}"


class CalendarEntry(models.Model):
    """What calendars were last told of a thing, and how often that has changed. Shared by all feeds that show it."""

    uid = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)
    sequence = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["uid"]
        verbose_name_plural = "calendar entries"

    def __str__(self) -> str:
        return f"{self.uid} #{self.sequence}"
