"""What the pages of webhooks take in. Rules are in ``endpoints``."""

from collections.abc import Iterator

from django import forms
from django.forms.boundfield import BoundWidget

from accounts.forms import RefusableForm
from fantasy_f1.core.outbound import LONGEST_URL
from notifications.webhooks.happenings import AREAS, KINDS
from notifications.webhooks.models import Webhook

LABELS = {
    "draft.*": "Everything about drafts",
    "draft.scheduled": "A draft is scheduled",
    "draft.opened": "A draft opens",
    "draft.order_changed": "The order is set by hand",
    "draft.pick_made": "A driver is picked",
    "draft.picks_undone": "Picks are taken back",
    "draft.constructor_withdrawn": "A team leaves a draft",
    "draft.clock_changed": "The clock is changed",
    "draft.paused": "A draft is paused",
    "draft.resumed": "A draft goes on",
    "draft.completed": "All picks are made",
    "draft.locks_soon": "A draft locks in two hours",
    "draft.locked": "A draft locks",
    "draft.voided": "A draft is void",
    "draft.moved": "A draft has other times",
    "score.*": "Everything about points",
    "score.race_scored": "A race is scored",
    "score.race_amended": "The points of a race change",
    "league.*": "Everything about the league",
    "league.created": "A league is made",
    "league.changed": "The settings change",
    "league.constructor_joined": "A team joins",
    "league.constructor_left": "A team leaves",
    "league.constructor_renamed": "A team has a new name",
    "league.constructor_recoloured": "A team has a new colour",
    "league.constructor_taken_over": "A team has a new player",
    "league.managers_changed": "The managers change",
}
CHOICES = [(kind, LABELS[kind]) for area in AREAS for kind in (area, *(k for k in KINDS if k.startswith(area[:-1])))]


class WebhookForm(RefusableForm):
    url = forms.CharField(
        label="Address",
        max_length=LONGEST_URL,
        help_text="Of a Discord channel’s or a Slack app’s webhook, or of a program of your own. It begins with https://.",
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off", "spellcheck": "false"}),
    )
    format = forms.ChoiceField(required=False, choices=[("", "Told by the address"), *Webhook.Format.choices])


class EventsForm(RefusableForm):
    events = forms.MultipleChoiceField(
        choices=CHOICES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one kind of event."},
    )

    def areas(self) -> Iterator[tuple[str, list[BoundWidget]]]:
        """Title and check boxes of each area."""
        boxes = list(self["events"])
        for title, area in zip(("Drafts", "Points", "League"), AREAS, strict=True):
            yield title, [box for box in boxes if box.data["value"].startswith(area[:-1])]
