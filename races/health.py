"""What the host should know of how results and calendars come in."""

from datetime import datetime

from django.db.models import Max
from django.urls import reverse

from fantasy_f1.core.clockwork import HostWarning
from races.models import HeldEvent, ResultQuestion, Session, SyncRun
from races.sync import EVERYTHING, JOLPICA, WHAT


def warnings(now: datetime) -> list[HostWarning]:
    """For the page of the clockwork: results that are late, what went wrong in the last sync, what waits for a word."""
    return [*_late_results(), *_failed_syncs(), *_held_events()]


def _late_results() -> list[HostWarning]:
    late = ResultQuestion.objects.late().select_related("race").order_by("race__starts_at")
    return [
        HostWarning(
            f"{each.race}: the {Session(each.session).label} result is late.",
            reverse("admin:races_race_result", args=[each.race_id, each.session]),
        )
        for each in late
    ]


def _failed_syncs() -> list[HostWarning]:
    runs = SyncRun.objects.filter(source=JOLPICA, what__in=[*WHAT, EVERYTHING]).order_by()
    last: dict[str, SyncRun] = {}
    for run in SyncRun.objects.filter(pk__in=runs.values("what").values_list(Max("pk"))).order_by("pk"):
        last |= dict.fromkeys(WHAT if run.what == EVERYTHING else [run.what], run)
    return [
        HostWarning(
            f"The last sync of {run.what} had problems: {run.error}",
            reverse("admin:races_syncrun_change", args=[run.pk]),
        )
        for run in dict.fromkeys(last.values())
        if run.status == SyncRun.Status.FAILED
    ]


def _held_events() -> list[HostWarning]:
    waiting = HeldEvent.objects.filter(resolved_at=None).order_by("created_at")
    return [
        HostWarning(
            f"The event {held.external_id} waits for a decision.",
            reverse("admin:races_heldevent_change", args=[held.pk]),
        )
        for held in waiting
    ]
