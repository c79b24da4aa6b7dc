"""The filters of lists, the same ones for pages and API (a page ignores what it cannot read, the API refuses it); and a
host's result by hand.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField

from fantasy_f1.core.errors import DomainError
from races.manual import Fate, Line, candidates, feed_stands, standing_lines
from races.models import Driver, Race, RaceEntry, Season, Session, Team
from races.queries import DriverLine

ORDERS: dict[str, Callable[[DriverLine], Any]] = {
    "points": lambda line: line.total_points,
    "average": lambda line: line.average_points,
    "form": lambda line: line.form_points,
    "price": lambda line: line.driver.price,
    "name": lambda line: (line.driver.family_name.casefold(), line.driver.given_name.casefold()),
}
ORDER_LABELS = {
    "-points": "Points",
    "-average": "Average",
    "-form": "Form",
    "-price": "Price",
    "name": "Name",
}


class ListFilter(forms.Form):
    """``read()`` takes what is valid and leaves the rest out."""

    def read(self) -> dict[str, Any]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}


class SeasonFilter(ListFilter):
    season = forms.ModelChoiceField(Season.objects.all(), required=False)


class DriverFilter(SeasonFilter):
    search = forms.CharField(required=False, max_length=64)
    team = forms.ModelChoiceField(Team.objects.all(), to_field_name="external_id", required=False)
    status = forms.ChoiceField(choices=Driver.Status, required=False)
    ordering = forms.ChoiceField(
        choices=[(f"{sign}{key}", key) for key in ORDERS for sign in ("", "-")], required=False
    )

    def apply(self, lines: Iterable[DriverLine]) -> list[DriverLine]:
        """Those of ``lines`` that are asked for, in the order asked for, else most points first.

        Of equals the active ones come first, then it goes by name.
        """
        wanted = self.read()
        words = wanted.get("search", "").casefold().split()
        found = [
            line
            for line in lines
            if ("team" not in wanted or line.team == wanted["team"])
            and ("status" not in wanted or line.driver.status == wanted["status"])
            and all(word in _text(line) for word in words)
        ]
        found.sort(key=lambda line: (line.driver.status, *ORDERS["name"](line)))
        ordering = wanted.get("ordering", "-points")
        found.sort(key=ORDERS[ordering.removeprefix("-")], reverse=ordering.startswith("-"))
        return found


class SessionFilter(ListFilter):
    session = forms.ChoiceField(choices=Session, required=False)


FATES = {
    Fate.CLASSIFIED: "Classified",
    Fate.DNF: "Did not finish",
    Fate.DSQ: "Disqualified",
    Fate.DNS: "Did not start",
    Fate.ABSENT: "Not in the result",
}
MOST_CARS = 99


@dataclass(frozen=True)
class ResultFormRow:
    """A driver's fields, for the page."""

    entry: RaceEntry
    place: BoundField
    fate: BoundField
    grid: BoundField | None
    is_fastest: bool


class ResultForm(forms.Form):
    """A result by hand: a row for each driver who can be in it, filled with what stands."""

    def __init__(self, race: Race, session: str, data: Any = None) -> None:
        super().__init__(data)
        self.session = session
        self.entries = candidates(race, session)
        standing = standing_lines(race, session)
        for entry in self.entries:
            self._add_row(entry, standing)
        if self._has_laps:
            fastest = next((str(line.driver_id) for line in standing.values() if line.has_fastest_lap), "")
            drivers = [(str(entry.driver_id), entry.driver.name) for entry in self.entries]
            self.fields["fastest"] = forms.ChoiceField(
                choices=[("", "Nobody"), *drivers], required=False, initial=fastest, label="Fastest lap"
            )
        if feed_stands(race, session):
            self.fields["replaces_feed"] = forms.BooleanField(
                required=False, label="It replaces what the feed says, until the feed tells something new"
            )

    @property
    def _has_laps(self) -> bool:
        return self.session != Session.QUALIFYING

    def _add_row(self, entry: RaceEntry, standing: dict[int, Line]) -> None:
        pk, name = entry.driver_id, entry.driver.name
        expected = Fate.ABSENT if standing or entry.status == RaceEntry.Status.WITHDRAWN else Fate.CLASSIFIED
        line = standing.get(pk, Line(pk, expected))
        fates = FATES if self._has_laps else {fate: FATES[fate] for fate in (Fate.CLASSIFIED, Fate.ABSENT)}
        self.fields[f"place_{pk}"] = self._number(1, line.place, f"Position of {name}")
        self.fields[f"fate_{pk}"] = forms.ChoiceField(
            choices=[(fate.value, label) for fate, label in fates.items()],
            initial=line.fate.value,
            label=f"What became of {name}",
            widget=forms.Select(attrs={"aria-label": f"What became of {name}"}),
        )
        if self._has_laps:
            self.fields[f"grid_{pk}"] = self._number(0, line.grid, f"Grid place of {name}")

    def _number(self, least: int, initial: int | None, label: str) -> forms.IntegerField:
        widget = forms.NumberInput(attrs={"aria-label": label})
        return forms.IntegerField(
            min_value=least, max_value=MOST_CARS, required=False, initial=initial, label=label, widget=widget
        )

    def rows(self) -> Iterator[ResultFormRow]:
        fastest = self["fastest"].value() if self._has_laps else ""
        for entry in self.entries:
            pk = entry.driver_id
            grid = self[f"grid_{pk}"] if self._has_laps else None
            yield ResultFormRow(entry, self[f"place_{pk}"], self[f"fate_{pk}"], grid, fastest == str(pk))

    def lines(self) -> list[Line]:
        """What a valid form says."""
        values = self.cleaned_data
        return [
            Line(
                entry.driver_id,
                Fate(values[f"fate_{entry.driver_id}"]),
                values[f"place_{entry.driver_id}"],
                values.get(f"grid_{entry.driver_id}"),
                values.get("fastest") == str(entry.driver_id),
            )
            for entry in self.entries
        ]

    def refuse(self, error: DomainError) -> None:
        self.add_error(None, error.message)


def _text(line: DriverLine) -> str:
    driver = line.driver
    return f"{driver.name} {driver.code} {driver.number or ''}".casefold()
