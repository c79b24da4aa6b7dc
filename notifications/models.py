"""Who was told what, where they want to be told, and what is on its way to them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import SignIn
from drafts.clock import Quiet
from leagues.models import League
from notifications.outgoing import Outgoing
from notifications.webhooks.models import Webhook, WebhookDelivery  # noqa: F401  (in a folder of their own)
from races.models import Race
from scoring.models import ScoreRun


class Notification(models.Model):
    class Type(models.TextChoices):
        DRAFT_OPEN = "draft_open", "Draft open"
        PICK_TURN = "pick_turn", "Your turn"
        DRAFT_UPDATE = "draft_update", "Draft update"
        REMINDER = "reminder", "Reminder before the lock"
        RACE_FINISHED = "race_finished", "Race finished"
        RESULTS_AMENDED = "results_amended", "Results amended"
        LEAGUE = "league", "League news"
        HOST = "host", "For the host"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications", db_index=False
    )
    type = models.CharField(max_length=16, choices=Type)
    title = models.CharField(max_length=120)
    message = models.CharField(max_length=500, blank=True)
    link = models.CharField(max_length=200, blank=True)
    is_read = models.BooleanField(default=False)
    dedupe_key = models.CharField(max_length=120, help_text="Names the event: nobody is told of it twice")
    league = models.ForeignKey(
        League,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Whose managers may see it",
    )
    race = models.ForeignKey(
        Race,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="Whose result it tells: the spoiler shield hides it",
    )
    useful_until = models.DateTimeField(
        null=True, blank=True, help_text="In the game's time; later it is not sent anywhere any more"
    )
    is_of_slow_draft = models.BooleanField(default=False, help_text="A digest may gather it")
    is_routed = models.BooleanField(default=False, help_text="Whether the ways on which it is sent were chosen")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["user", "is_read"], name="notification_unread"),
            models.Index(fields=["id"], condition=Q(is_routed=False), name="notification_unrouted"),
        ]
        constraints = [models.UniqueConstraint(fields=["user", "dedupe_key"], name="told_once")]

    def __str__(self) -> str:
        return self.title


class ToldScore(models.Model):
    """Marks a scoring of a race that the players were told of."""

    run = models.OneToOneField(ScoreRun, primary_key=True, on_delete=models.CASCADE, related_name="told")

    def __str__(self) -> str:
        return str(self.run)


class Channel(models.TextChoices):
    """Ways to a person outside of the app."""

    EMAIL = "email", "E-mail"
    PUSH = "push", "Push"


class Preference(models.Model):
    """That a person wants a type of notification on a channel, or does not; without one the channel's default holds."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preferences", db_index=False
    )
    type = models.CharField(max_length=16, choices=Notification.Type)
    channel = models.CharField(max_length=5, choices=Channel)
    is_on = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "type", "channel"], name="one_preference_per_way")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.type} by {self.channel} {'on' if self.is_on else 'off'}"


class Habits(models.Model):
    """When a person wants to be reached outside of the app; times are those of their own time zone."""

    class Digest(models.TextChoices):
        OFF = "off", "Each mail at once"
        DAILY = "daily", "One mail a day"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="notification_habits"
    )
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    digest = models.CharField(max_length=5, choices=Digest, default=Digest.OFF, help_text="For slow drafts")
    digest_at = models.TimeField(default="18:00")

    class Meta:
        verbose_name_plural = "habits"

    def __str__(self) -> str:
        return f"habits of {self.user_id}"

    @property
    def quiet(self) -> Quiet | None:
        if self.quiet_from is None or self.quiet_until is None:
            return None
        return Quiet(self.quiet_from, self.quiet_until, self.user.time_zone)


class PushSubscription(models.Model):
    """A browser that shows notifications by itself, as its person asked it to: where to send them, and its keys."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="push_subscriptions")
    # By which it was added; ends with it, but for one that only expired: who stays away for weeks is told on.
    sign_in = models.ForeignKey(SignIn, on_delete=models.SET_NULL, null=True, related_name="push_subscriptions")
    endpoint = models.CharField(max_length=1000, unique=True)
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=40)
    device = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.device


class Delivery(Outgoing):
    """A notification on its way to one target of one channel: an address, a browser."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    channel = models.CharField(max_length=5, choices=Channel)
    target = models.CharField(max_length=20, blank=True, help_text="Which of the person's browsers")
    in_digest = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="delivery_waiting"),
            models.Index(fields=["claimed_until"], condition=Q(claimed_until__isnull=False), name="delivery_claimed"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["notification", "channel", "target"], name="one_delivery_per_way")
        ]

    def __str__(self) -> str:
        return f"{self.notification} by {self.get_channel_display()}"
