"""The filters and variables that every template has."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.template import engines
from django.test import RequestFactory
from django.utils import timezone

from fantasy_f1.core.context import site


def rendered(source: str, **context: object) -> str:
    return engines["django"].from_string(source).render(context)


@pytest.mark.parametrize(("value", "text"), [(Decimal("12.50"), "12.5"), (25, "25"), (None, "–"), (Decimal(0), "0")])
def test_points_are_plain(value: object, text: str) -> None:
    assert rendered("{{ value|points }}", value=value) == text


def test_moment_is_in_the_viewers_zone_and_machine_readable_in_utc() -> None:
    with timezone.override(ZoneInfo("Europe/Rome")):
        html = rendered("{{ at|moment }}", at=datetime(2026, 7, 22, 9, tzinfo=UTC))

    assert html == '<time datetime="2026-07-22T09:00:00+00:00">Wed 22 Jul, 11:00</time>'


def test_moment_takes_another_form_and_no_moment() -> None:
    html = rendered('{{ at|moment:"H:i" }} {{ none|moment }}', at=datetime(2026, 7, 22, 9, tzinfo=UTC), none=None)

    assert html == '<time datetime="2026-07-22T09:00:00+00:00">09:00</time> –'


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00"), (64.2, "1:05"), (3599.9, "1 h 0 min"), (5 * 3600 + 12 * 60 + 3, "5 h 12 min")]
)
def test_duration_counts_seconds_and_then_hours(seconds: float, words: str) -> None:
    assert rendered("{{ value|duration }}", value=timedelta(seconds=seconds)) == words


def test_lookup_reads_a_mapping() -> None:
    assert rendered("{{ map|lookup:key }} {{ map|lookup:2 }}", map={1: "one"}, key=1) == "one None"


@pytest.mark.django_db
def test_every_template_knows_the_games_time_and_the_address(rf: RequestFactory) -> None:
    context = site(rf.get("/"))

    assert abs((context.pop("game_now") - timezone.now()).total_seconds()) < 5
    assert context == {"base_url": "http://localhost:8000"}
