"""What people are told."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from leagues.models import League
from scoring.models import ScoreRun


class Notification(models.Model):
    class Type(models.TextChoices):
        DRAFT_OPEN = "draft_open", "Draft open"
        PICK_TURN = "pick_turn", "Your turn"
        DRAFT_UPDATE = "draft_update", "Draft update"
        RACE_FINISHED = "race_finished", "Race finished"
        RESULTS_AMENDED = "results_amended", "Results amended"
        LEAGUE = "league", "League news"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
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
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "dedupe_key"], name="told_once")]
        indexes = [models.Index(fields=["user", "is_read"], name="notification_unread")]

    def __str__(self) -> str:
        return self.title


class ToldScore(models.Model):
    """Marks a scoring of a race that the players were told of."""

    run = models.OneToOneField(ScoreRun, primary_key=True, on_delete=models.CASCADE, related_name="told")

    def __str__(self) -> str:
        return str(self.run)
