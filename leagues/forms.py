"""What the league pages take in; the filter of lists is the API's too. Rules are in ``managers`` and ``membership``."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import QueryDict

from accounts.forms import RefusableForm, TimeZoneField
from accounts.models import User
from fantasy_f1.core.numbers import plain
from fantasy_f1.core.serializers import MAX_ID
from leagues.managers import people_of
from leagues.membership import COLOURS, MAX_REASON, free_colours
from leagues.models import LIVE, SLOW, Constructor, League, LeagueQuerySet, PickClock
from races.forms import SeasonFilter
from races.models import Season

COLOUR_NAMES = (
    "Red",
    "Blue",
    "Green",
    "Amber",
    "Violet",
    "Teal",
    "Pink",
    "Olive",
    "Rust",
    "Indigo",
    "Brown",
)
ORDERS = ("name", "created_at", "member_count")
HOUR = 3_600
CLOCK_TIME = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
YES_NO = [("true", "Yes"), ("false", "No")]


def _is_true(value: str) -> bool:
    return value == "true"


class LeagueFilter(SeasonFilter):
    search = forms.CharField(required=False, max_length=60)
    is_private = forms.TypedChoiceField(choices=YES_NO, coerce=_is_true, empty_value=None, required=False)
    mine = forms.TypedChoiceField(choices=YES_NO, coerce=_is_true, empty_value=None, required=False)
    code = forms.CharField(required=False, max_length=8)
    ordering = forms.ChoiceField(
        choices=[(f"{sign}{key}", key) for key in ORDERS for sign in ("", "-")], required=False
    )

    def apply(self, user: User | AnonymousUser) -> LeagueQuerySet:
        """The leagues asked for that ``user`` may see, as whoever knows a private league's code may."""
        wanted = self.read()
        leagues = League.objects.with_member_count()
        leagues = leagues.filter(code=wanted["code"].upper()) if "code" in wanted else leagues.visible_to(user)
        for name, lookup in {"search": "name__icontains", "season": "season", "is_private": "is_private"}.items():
            if name in wanted:
                leagues = leagues.filter(**{lookup: wanted[name]})
        if "mine" in wanted:
            mine = Q(pk__in=League.objects.of(user).values("pk"))
            leagues = leagues.filter(mine if wanted["mine"] else ~mine)
        return leagues.order_by(wanted.get("ordering", "name"), "pk")


class OfAPace(forms.NumberInput):
    """To be filled in for the pace that is chosen, so browsers do not insist on it."""

    def use_required_attribute(self, initial: Any) -> bool:
        return False


class PaceForm(forms.Form):
    """How long a pick may take, in words that people use → ``pick_seconds``."""

    pace = forms.ChoiceField(
        choices=[("live", "Live"), ("slow", "Slow"), ("none", "No clock")],
        initial="slow",
        widget=forms.RadioSelect,
        help_text="Live: you all meet, and every pick takes seconds. Slow: you draft over the week, and every pick has "
        "hours. When the time is over, the autopick picks. No clock: everybody takes the time until the lock.",
    )
    live_seconds = forms.IntegerField(
        label="Seconds for a pick, live",
        min_value=LIVE[0],
        max_value=LIVE[1],
        initial=60,
        help_text="15 to 300.",
        widget=OfAPace,
        error_messages={"required": "Say how many seconds a pick may take."},
    )
    slow_hours = forms.DecimalField(
        label="Hours for a pick, slow",
        min_value=SLOW[0] // HOUR,
        max_value=SLOW[1] // HOUR,
        max_digits=6,
        decimal_places=4,
        initial=8,
        help_text="1 to 24. Less where the time until the lock is not enough for all.",
        widget=OfAPace(attrs={"step": "any"}),
        error_messages={"required": "Say how many hours a pick may take."},
    )

    @staticmethod
    def values_of(pick_clock: PickClock) -> dict[str, Any]:
        """What the form starts with to show a clock as it is."""
        seconds = pick_clock.pick_seconds
        if seconds is None:
            return {"pace": "none"}
        if pick_clock.is_slow:
            return {"pace": "slow", "slow_hours": plain(round(Decimal(seconds) / HOUR, 4))}
        return {"pace": "live", "live_seconds": seconds}

    def clean(self) -> dict[str, Any]:
        """Of the two times, that of the other pace does not matter."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        pace = values.pop("pace", None)
        live, slow = values.pop("live_seconds", None), values.pop("slow_hours", None)
        for name, wanted in (("live_seconds", "live"), ("slow_hours", "slow")):
            if pace != wanted:
                self.errors.pop(name, None)
        values["pick_seconds"] = {"live": live, "slow": slow and round(slow * HOUR)}.get(pace or "")
        return values


class LeagueForm(PaceForm, RefusableForm, forms.ModelForm):
    """Settings that can be changed later."""

    quiet_from = forms.TimeField(label="Quiet from", initial="22:00", required=False, widget=CLOCK_TIME)
    quiet_until = forms.TimeField(
        label="Quiet until",
        initial="08:00",
        required=False,
        widget=CLOCK_TIME,
        help_text="The clock rests then, and nobody has to pick at night. Leave both empty if it shall never rest.",
    )
    time_zone = TimeZoneField(max_length=64, help_text="Where it is that time. Type a city, such as Berlin.")

    is_private = forms.TypedChoiceField(
        label="Who can find it",
        choices=[("true", "Private"), ("false", "Public")],
        coerce=_is_true,
        initial="true",
        widget=forms.RadioSelect,
        help_text="Private: only those you give the code or link. Public: listed here, anyone may watch and join.",
    )

    class Meta:
        model = League
        fields = [
            "name",
            "description",
            "is_private",
            "max_teams",
            "draft_method",
            "draft_opens_days",
            "draft_locks_at",
        ]
        widgets = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "draft_method": forms.RadioSelect,
        }
        labels = {
            "max_teams": "Most teams",
            "draft_opens_days": "Draft opens, days before the race",
            "draft_locks_at": "Draft locks at the start of",
        }
        help_texts = {
            "description": "What the others should know: stakes, house rules, tone.",
            "max_teams": "2 to 11. Each team drafts two drivers, and nobody shares one.",
            "draft_method": "Snake turns round after every team had a pick, so that the last picks twice in a row. "
            "Sequential starts again with the first. Either way, the order rotates from race to race.",
            "draft_opens_days": "1 to 14. Players have from then until the lock.",
            "draft_locks_at": "No pick changes after that; for teams that did not pick, the autopick does.",
        }


class NewLeagueForm(LeagueForm):
    season = forms.ModelChoiceField(Season.objects.none(), empty_label=None, help_text="It stays as it is.")
    team_name = forms.CharField(
        label="Your team’s name",
        max_length=40,
        required=False,
        help_text="Leave it empty if you only manage and do not play.",
    )

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        season = self.fields["season"]
        assert isinstance(season, forms.ModelChoiceField)
        season.queryset = Season.objects.filter(year__gte=year).order_by("year")


class CodeForm(RefusableForm):
    code = forms.CharField(
        max_length=40,
        help_text="Eight letters and digits, from whoever invited you.",
        widget=forms.TextInput(
            attrs={"class": "input-code", "autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )

    def clean_code(self) -> str:
        """As it stands in the link, whatever it was typed with."""
        return re.sub(r"[\s-]", "", self.cleaned_data["code"]).upper()


class JoinForm(RefusableForm):
    team_name = forms.CharField(
        label="Your team’s name",
        max_length=40,
        help_text="Seen by everybody in the league; nobody else there may have it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class TeamForm(JoinForm):
    """One's own team, with the colours that are free beside its own."""

    color = forms.ChoiceField(label="Colour", widget=forms.RadioSelect)

    def __init__(self, data: QueryDict | None = None, *, constructor: Constructor) -> None:
        super().__init__(data, initial={"team_name": constructor.team_name, "color": constructor.color})
        free = {constructor.color, *free_colours(constructor.league)}
        names = zip(COLOURS, COLOUR_NAMES, strict=True)
        color = self.fields["color"]
        assert isinstance(color, forms.ChoiceField)
        color.choices = [(colour, name) for colour, name in names if colour in free]


class MemberForm(forms.Form):
    """A team of the league, and why it is removed or needs another player."""

    constructor = forms.ModelChoiceField(Constructor.objects.none())
    reason = forms.CharField(max_length=MAX_REASON, required=False)

    def __init__(self, *args: Any, league: League, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        constructor = self.fields["constructor"]
        assert isinstance(constructor, forms.ModelChoiceField)
        constructor.queryset = league.constructors.select_related("user", "league")


class SuccessorForm(MemberForm, RefusableForm):
    username = forms.CharField(max_length=30)


class MessageForm(forms.Form):
    """A message of the chat."""

    message = forms.IntegerField(min_value=1, max_value=MAX_ID)


class MuteForm(forms.Form):
    """Somebody who has a team in the league, or had; whether they are muted from now on, and why."""

    user = forms.ModelChoiceField(User.objects.none())
    on = forms.BooleanField(required=False)
    reason = forms.CharField(max_length=MAX_REASON, required=False)

    def __init__(self, *args: Any, league: League, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.fields["user"]
        assert isinstance(user, forms.ModelChoiceField)
        user.queryset = User.objects.filter(constructors__league=league)


class ManagerForm(forms.Form):
    """Somebody who plays in the league or manages it."""

    user = forms.ModelChoiceField(User.objects.none())

    def __init__(self, *args: Any, league: League, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.fields["user"]
        assert isinstance(user, forms.ModelChoiceField)
        user.queryset = people_of(league)
