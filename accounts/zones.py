"""Time zones that a person may choose."""

import functools
import zoneinfo

from django.core.exceptions import ValidationError


@functools.cache
def time_zones() -> tuple[str, ...]:
    return tuple(sorted(zoneinfo.available_timezones()))


def find_time_zones(text: str) -> list[str]:
    """The zone of that name, or those of a city of that name, in any spelling of case and blanks."""
    wanted = text.strip().replace(" ", "_").lower()
    named = [name for name in time_zones() if name.lower() == wanted]
    return named or [name for name in time_zones() if name.rpartition("/")[2].lower() == wanted]


def validate_time_zone(name: str) -> None:
    if name not in time_zones():
        raise ValidationError(f"{name!r} is not a time zone such as Europe/Berlin.")
