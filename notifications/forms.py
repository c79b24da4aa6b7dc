"""The forms of the settings page. Rules are in ``preferences`` and ``browsers``."""

from collections.abc import Iterator
from typing import Any

from django import forms

from accounts.forms import RefusableForm
from accounts.models import User
from notifications import preferences
from notifications.models import Channel, Habits, Notification

Way = preferences.Way


class PreferencesForm(RefusableForm):
    """A box for each type and channel, and when to be left alone."""

    quiet_from = forms.TimeField(label="From", required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    quiet_until = forms.TimeField(label="Until", required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    digest = forms.ChoiceField(label="What can wait", choices=Habits.Digest)
    digest_at = forms.TimeField(label="The one mail at", widget=forms.TimeInput({"type": "time"}, "%H:%M"))

    def __init__(self, data: Any = None, *, user: User) -> None:
        habits = preferences.habits_of(user)
        names = ["quiet_from", "quiet_until", "digest", "digest_at"]
        super().__init__(data, initial={name: getattr(habits, name) for name in names})
        self._table = preferences.table_of(user)
        for kind, ways in self._table:
            for channel, is_on in ways.items():
                label = f"{kind.label}: {Channel(channel).label}"
                self.fields[f"{kind}:{channel}"] = forms.BooleanField(label=label, required=False, initial=is_on)

    def rows(self) -> list[tuple[Notification.Type, list[tuple[str, forms.BoundField]]]]:
        """For each type its channels, by name, with their boxes."""
        return [
            (kind, [(Channel(channel).label, self[f"{kind}:{channel}"]) for channel in ways])
            for kind, ways in self._table
        ]

    def habits(self) -> list[forms.BoundField]:
        return [self[name] for name in ("quiet_from", "quiet_until", "digest", "digest_at")]

    def changes(self) -> dict[str, Any]:
        """What ``preferences.set_preferences`` takes; of a valid form."""
        return {
            "on": list(self._ways(on=True)),
            "off": list(self._ways(on=False)),
            **{field.name: self.cleaned_data[field.name] for field in self.habits()},
        }

    def _ways(self, *, on: bool) -> Iterator[Way]:
        for kind, ways in self._table:
            for channel in ways:
                if self.cleaned_data[f"{kind}:{channel}"] == on:
                    yield kind, channel


class BrowserForm(forms.Form):
    endpoint = forms.CharField(max_length=1000)
    p256dh = forms.CharField(max_length=100)
    auth = forms.CharField(max_length=40)


class RenewalForm(BrowserForm):
    old_endpoint = forms.CharField(max_length=1000)
    old_auth = forms.CharField(max_length=40)
