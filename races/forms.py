"""The filters of lists, the same ones for pages and API; a page ignores what it cannot read, the API refuses it."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms

from races.models import Driver, Season, Session, Team
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


def _text(line: DriverLine) -> str:
    driver = line.driver
    return f"{driver.name} {driver.code} {driver.number or ''}".casefold()
