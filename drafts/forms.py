"""What the draft pages take in."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from django import forms

from accounts.forms import RefusableForm
from drafts import mock
from drafts.models import Autopilot, Draft
from drafts.picks import MAX_REASON
from drafts.queries import DraftBoard, DriverRow
from fantasy_f1.core.converters import id_of
from leagues.forms import PaceForm
from leagues.models import MIN_TEAMS, Constructor, League
from races.models import Driver

SORTS: dict[str, tuple[str, Callable[[DriverRow], Decimal | str]]] = {
    "price": ("By price", lambda row: -row.driver.price),
    "form": ("By form", lambda row: -row.line.form_points),
    "points": ("By points", lambda row: -row.line.total_points),
    "name": ("By name", lambda row: row.driver.family_name),
    "team": ("By team", lambda row: row.team.name),
}


class DriverFilter(forms.Form):
    """Which drivers the room lists, and how; a value that makes no sense is passed over."""

    q = forms.CharField(label="Search", required=False, max_length=50)
    team = forms.ChoiceField(label="Team", required=False)
    sort = forms.ChoiceField(label="Sort by", required=False, choices=[(key, sort[0]) for key, sort in SORTS.items()])
    free = forms.BooleanField(label="Hide taken", required=False)

    def __init__(self, *args: Any, rows: Iterable[DriverRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "filter-%s"
        self._rows = list(rows)
        teams = sorted({(row.team.name, str(row.team.pk)) for row in self._rows})
        team = self.fields["team"]
        assert isinstance(team, forms.ChoiceField)
        team.choices = [("", "All teams"), *((pk, name) for name, pk in teams)]
        self.fields["q"].widget.attrs.update(placeholder="Name or code", type="search", autocomplete="off")

    def rows(self) -> list[DriverRow]:
        """The rows that pass, sorted; equals keep the order of their prices."""
        self.is_valid()
        wanted = self.cleaned_data
        rows = [
            row
            for row in self._rows
            if wanted.get("q", "").lower() in f"{row.driver.name} {row.driver.code} {row.number}".lower()
            and wanted.get("team", "") in ("", str(row.team.pk))
            and not (wanted.get("free") and row.taken_by)
        ]
        return sorted(rows, key=SORTS[wanted.get("sort") or "price"][1])


class PickForm(forms.Form):
    """A driver for the constructor that was on the clock when the page was made."""

    driver = forms.ModelChoiceField(Driver.objects.all())
    constructor = forms.ModelChoiceField(Constructor.objects.none())
    reason = forms.CharField(required=False)

    def __init__(self, *args: Any, draft: Draft, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        constructor = self.fields["constructor"]
        assert isinstance(constructor, forms.ModelChoiceField)
        constructor.queryset = Constructor.objects.filter(league=draft.league_id)


class IdsField(forms.Field):
    """Ids separated by commas → a list of them."""

    default_error_messages = {"invalid": "Write ids, separated by commas."}

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: str | None) -> list[int]:
        parts = value.split(",") if value and value.strip() else []
        ids = [pk for part in parts if (pk := id_of(part.strip()))]
        if len(ids) != len(parts):
            raise forms.ValidationError(self.error_messages["invalid"])
        return ids


class AutopickForm(forms.Form):
    """Which of one's picks the autopick takes; ``pick_number`` is that of the next one when the page was made."""

    mode = forms.ChoiceField(
        choices=[
            (Autopilot.OFF, "I pick myself"),
            (Autopilot.Mode.PICK, "My next pick"),
            (Autopilot.Mode.DRAFT, "This whole draft"),
            (Autopilot.Mode.ALWAYS, "Until I switch it off"),
        ],
        widget=forms.RadioSelect,
    )
    pick_number = forms.IntegerField(required=False, widget=forms.HiddenInput)


class AutopickForForm(forms.Form):
    """The turn that a manager lets the autopick take, by its number, and why."""

    pick_number = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    reason = forms.CharField(max_length=200, help_text="Everybody in the league reads it.")


class QueueForm(forms.Form):
    """A whole queue, so that sending it twice is no harm, and a driver to be added at its end or dropped from it."""

    queue = IdsField(required=False)
    add = forms.ModelChoiceField(Driver.objects.all(), required=False)
    drop = forms.ModelChoiceField(Driver.objects.all(), required=False)

    def driver_ids(self) -> list[int]:
        added, dropped = self.cleaned_data["add"], self.cleaned_data["drop"]
        queue = [pk for pk in self.cleaned_data["queue"] if not dropped or pk != dropped.pk]
        return [*queue, added.pk] if added and added.pk not in queue else queue


class SeasonListForm(QueueForm):
    """One of the two lists for the season, as a whole."""

    WANTED, NEVER = "wanted", "never"
    list = forms.ChoiceField(choices=[(WANTED, "Wanted"), (NEVER, "Never")])


class ReasonForm(forms.Form):
    """Why a manager does something."""

    reason = forms.CharField(
        label="Why?",
        max_length=MAX_REASON,
        help_text="Everybody in the league reads it.",
        error_messages={"required": "Say why: everybody in the league reads it."},
    )


class UndoForm(ReasonForm):
    to_pick_number = forms.IntegerField(
        min_value=1,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(["required", "invalid", "min_value"], "There is no pick with that number."),
    )


class ClockForm(PaceForm, ReasonForm):
    field_order = ["pace", "live_seconds", "slow_hours", "reason"]


class VoidForm(ReasonForm):
    sure = forms.BooleanField(label="All picks stop counting, for good")


class OrderForm(forms.Form):
    """A place for every team of the draft."""

    def __init__(self, *args: Any, board: DraftBoard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._teams = board.columns or board.playing
        for place, team in enumerate(self._teams, start=1):
            self.fields[self._name(team)] = forms.IntegerField(
                label=team.team_name,
                initial=place,
                min_value=1,
                max_value=len(self._teams),
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )

    @staticmethod
    def _name(team: Constructor) -> str:
        return f"place_{team.pk}"

    def clean(self) -> dict[str, Any]:
        places = [self.cleaned_data.get(self._name(team)) for team in self._teams]
        if None not in places and len(set(places)) != len(places):
            raise forms.ValidationError("Every team needs a place of its own: two of them share one.")
        return self.cleaned_data

    def order(self) -> list[int]:
        """The constructors' ids, the first picks first."""
        return [team.pk for team in sorted(self._teams, key=lambda team: self.cleaned_data[self._name(team)])]


class MockForm(RefusableForm):
    """How to practise."""

    teams = forms.TypedChoiceField(coerce=int, help_text="Yours and those of the bots.")
    seat = forms.TypedChoiceField(
        label="Your place",
        coerce=int,
        empty_value=None,
        required=False,
        help_text="In the first round.",
    )
    method = forms.ChoiceField(
        choices=League.DraftMethod.choices, initial=League.DraftMethod.SNAKE, widget=forms.RadioSelect
    )
    pick_seconds = forms.IntegerField(
        label="Seconds for a pick",
        initial=15,
        min_value=mock.SECONDS[0],
        max_value=mock.SECONDS[1],
        help_text="5 to 30. When they are over, the best by price is picked for you.",
    )

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        """``most``: how many teams can draft."""
        super().__init__(*args, **kwargs)
        teams, seat = self.fields["teams"], self.fields["seat"]
        assert isinstance(teams, forms.ChoiceField)
        assert isinstance(seat, forms.ChoiceField)
        teams.choices = [(number, str(number)) for number in range(MIN_TEAMS, most + 1)]
        teams.initial = min(8, most)
        seat.choices = [("", "Drawn"), *((number, str(number)) for number in range(1, most + 1))]


class DriverForm(forms.Form):
    driver = forms.ModelChoiceField(Driver.objects.all())
