"""Time zones that a person may choose."""

import functools
import zoneinfo

from django.core.exceptions import ValidationError


@functools.cache
def time_zones() -> tuple[str, ...]:
    return tuple(sorted(zoneinfo.available_timezones()))


def validate_time_zone(name: str) -> None:
    if name not in time_zones():
        raise ValidationError(f"{name!r} is not a time zone such as Europe/Berlin.")
