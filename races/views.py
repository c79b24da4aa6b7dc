"""The calendar, races, drivers: pages for anyone. What a filter does not understand it ignores."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from fantasy_f1.core import clock
from fantasy_f1.core.http import render_page
from fantasy_f1.core.spoilers import is_hidden, seen_by
from races import queries
from races.charts import form_line
from races.forms import ORDER_LABELS, DriverFilter, SeasonFilter, SessionFilter
from races.models import Driver, Race, Season, Session


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    season = _season(request)
    context = {
        "season": season,
        "seasons": Season.objects.all(),
        "races": season.races.in_calendar_order() if season else Race.objects.none(),
        "next_race": queries.next_race(now=now, season=season) if season else None,
        "podiums": queries.podiums(season, until=seen_by(request)) if season else {},
    }
    return render_page(request, "races/calendar.html", "season", context)


@require_safe
def race(request: HttpRequest, pk: int) -> HttpResponse:
    race = get_object_or_404(Race.objects.select_related("season"), pk=pk)
    revisions = queries.revisions(race)
    sessions = [session for session in Session if session in revisions]
    asked = SessionFilter(request.GET).read().get("session")
    until = seen_by(request)
    hidden = [session for session in sessions if is_hidden(race.start_of(session), until)]
    preferred = sorted(sessions, key=lambda session: (session != asked, session in hidden))
    session = preferred[0] if preferred else None
    is_shown = session is not None and session not in hidden
    context = {
        "race": race,
        "entries": queries.entry_list(race),
        "sessions": sessions,
        "session": session,
        "hidden": hidden,
        "started_at": race.start_of(session) if session else None,
        "results": queries.race_results(race, session) if session and is_shown else [],
        "revisions": revisions[session] if session and is_shown else [],
    }
    return render_page(request, "races/race.html", "results", context)


@require_safe
def drivers(request: HttpRequest) -> HttpResponse:
    season = _season(request)
    table = queries.driver_table(season, until=seen_by(request))
    form = DriverFilter(request.GET)
    wanted = form.read()
    teams = sorted({line.team for line in table if line.team}, key=lambda team: team.name)
    context = {
        "season": season,
        "seasons": Season.objects.all(),
        "teams": teams,
        "statuses": Driver.Status,
        "orders": ORDER_LABELS.items(),
        "wanted": wanted,
        "ordering": wanted.get("ordering", "-points"),
        "lines": form.apply(table),
        "total": len(table),
    }
    return render_page(request, "races/drivers.html", "table", context)


@require_safe
def driver(request: HttpRequest, pk: int) -> HttpResponse:
    driver = get_object_or_404(Driver, pk=pk)
    seasons = Season.objects.filter(races__results__driver=driver).distinct()
    season = SeasonFilter(request.GET).read().get("season") or seasons.first() or _season(request)
    until = seen_by(request)
    line = queries.driver_line(driver, season, until=until)
    context = {
        "line": line,
        "driver": driver,
        "team": line.team,
        "season": season,
        "seasons": seasons,
        "stays": queries.stays(driver, season),
        "weekends": queries.weekends(driver, season, until=until),
        "chart": form_line(line.starts),
    }
    return render_page(request, "races/driver.html", "season", context)


def _season(request: HttpRequest) -> Season | None:
    """The season asked for, else the current one."""
    asked: Season | None = SeasonFilter(request.GET).read().get("season")
    return asked or queries.current_season(now=clock.now())
