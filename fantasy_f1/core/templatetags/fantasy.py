"""Template filters that every page may use."""

from datetime import datetime, timedelta
from decimal import Decimal

from django import template
from django.forms import BoundField
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fantasy_f1.core import numbers
from fantasy_f1.core.spoilers import is_hidden, results_until

register = template.Library()


@register.filter
def points(value: Decimal | int | None) -> str:
    """Points without trailing zeros; a dash where there are none to speak of (``None``)."""
    return "–" if value is None else numbers.plain(Decimal(value))


@register.filter
def moment(value: datetime | None, form: str = "D j M, H:i") -> SafeString | str:
    """A ``<time>`` element in the viewer's time zone, machine-readable in UTC."""
    if value is None:
        return "–"
    local = timezone.localtime(value)
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), date_format(local, form))


@register.filter
def hidden_from(started_at: datetime, viewer: object) -> bool:
    """Whether what a session that started then brought is behind the viewer's spoiler shield."""
    return is_hidden(started_at, results_until(viewer))


@register.filter
def duration(value: timedelta) -> str:
    """65 seconds → "1:05"; from an hour on "5 h 12 min". Parts of a second count as a whole one."""
    seconds = -(-value // timedelta(seconds=1))
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60} min"
    return f"{seconds // 60}:{seconds % 60:02}"


@register.filter
def control(field: BoundField) -> SafeString:
    """The field to type into; the first one of its form that is wrong has the focus."""
    if not field.form.errors:
        return field.as_widget()
    first = next((name for name in field.form.fields if name in field.form.errors), None)
    return field.as_widget(attrs={"autofocus": field.name == first})


@register.filter
def lookup(mapping: dict[object, object], key: object) -> object:
    """``mapping[key]`` for templates; ``None`` where it is missing."""
    return mapping.get(key)


@register.filter
def magnitude(value: int) -> int:
    """The number without its sign, for words that say the direction."""
    return abs(value)
