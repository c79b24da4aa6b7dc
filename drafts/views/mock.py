"""The page of a mock draft: it begins, runs and ends at one address."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from drafts import mock
from drafts.forms import DriverFilter, DriverForm, MockForm
from drafts.mock_board import Mock, mock_of, recap
from drafts.models import MockDraft
from drafts.queries import DriverRow, milliseconds
from drafts.views.room import kept
from fantasy_f1.core import clock
from fantasy_f1.core.converters import id_of
from fantasy_f1.core.errors import DomainError, Invalid
from fantasy_f1.core.http import UserRequest, post_only, render_page, wants_part
from fantasy_f1.core.spoilers import seen_by
from leagues.models import MIN_TEAMS

AFTER = 150
"""Milliseconds after the end of a turn when the page looks for what became of it."""


@require_safe
@login_required
def show(request: UserRequest) -> HttpResponse:
    """``seen`` is how many picks a waiting page shows: it gets nothing (204) until there are more."""
    return _show(request)


@post_only("drafts:mock")
@login_required
def start(request: UserRequest) -> HttpResponse:
    form = MockForm(request.POST, most=_most())
    if not form.is_valid():
        return _form(request, form)
    try:
        mock.start(user=request.user, now=clock.now(), **form.cleaned_data)
    except DomainError as error:
        form.refuse(error)
        return _form(request, form)
    return redirect("drafts:mock")


@post_only("drafts:mock")
@login_required
def pick(request: UserRequest) -> HttpResponse:
    form = DriverForm(request.POST)
    try:
        if not form.is_valid():
            raise Invalid("Choose one of the drivers on the list.")
        driver = form.cleaned_data["driver"]
        mock.pick(user=request.user, driver=driver, now=clock.now())
    except DomainError as error:
        return _show(request, error=error)
    done = f"You drafted {driver}."
    if request.htmx:
        return _show(request, done=done)
    messages.success(request, done)
    query = kept(request.POST).urlencode()
    return redirect(f"{reverse('drafts:mock')}{'?' if query else ''}{query}")


@post_only("drafts:mock")
@login_required
def end(request: UserRequest) -> HttpResponse:
    mock.end(user=request.user)
    return redirect("drafts:mock")


def _show(request: UserRequest, *, done: str = "", error: DomainError | None = None) -> HttpResponse:
    row = MockDraft.objects.select_related("race__season").filter(user=request.user).first()
    if row is None:
        if wants_part(request):  # it was ended in another window
            return HttpResponseClientRedirect(reverse("drafts:mock"))
        return _form(request, MockForm(most=_most()), error=error)
    now = clock.now()
    shown = mock_of(row, now=now, until=seen_by(request))
    count, seen = len(shown.progress.driver_ids), id_of(request.GET.get("seen", ""))
    if seen == count and shown.progress.due_at:
        return HttpResponse(status=204)
    given = request.POST if request.method == "POST" else request.GET
    driver_filter = DriverFilter(given, rows=shown.board.drivers)
    chosen = _row(shown, request.GET.get("driver", ""))
    if chosen and (chosen.taken_by or not shown.is_my_turn):
        chosen = None
    due_at, news = shown.progress.due_at, shown.picks[count if seen is None else seen :]
    context: dict[str, Any] = {
        "mock": row,
        "race": row.race,
        "draft": shown.board.draft,
        "board": shown.board,
        "mine": shown.mine,
        "picks_until": shown.board.picks_until(shown.mine),
        "on_the_clock": shown.board.on_the_clock,
        "picks_for": shown.mine if shown.is_my_turn else None,
        "chosen": chosen,
        "left": _row(shown, request.GET.get("from", "")),
        "driver_filter": driver_filter,
        "rows": driver_filter.rows(),
        "room_query": kept(given).urlencode(),
        "kept": list(kept(given).items()),
        "count": count,
        "news": news,
        "lapsed": shown.lapsed,
        "is_news": seen is not None,
        "recap": recap(shown) if not due_at else None,
        "done": done,
        "error": error,
        "now_ms": milliseconds(now),
        "deadline_ms": milliseconds(due_at) if due_at else None,
        "wait_ms": milliseconds(due_at) - milliseconds(now) + AFTER if due_at else None,
    }
    return render_page(request, "drafts/mock.html", "room", context, status=error.status if error else 200)


def _form(request: UserRequest, form: MockForm, *, error: DomainError | None = None) -> HttpResponse:
    race = mock.coming_race(now=clock.now()) if _most() else None
    context = {"form": form, "race": race, "error": error}
    status = error.status if error else 400 if form.errors else 200
    return render(request, "drafts/mock_start.html", context, status=status)


def _most() -> int:
    """How many teams can draft for the coming race; 0 where nobody can."""
    race = mock.coming_race(now=clock.now())
    most = mock.most_teams(race) if race else 0
    return most if most >= MIN_TEAMS else 0


def _row(shown: Mock, text: str) -> DriverRow | None:
    pk = id_of(text)
    return shown.board.driver(pk) if pk else None
