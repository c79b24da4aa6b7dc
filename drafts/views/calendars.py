"""Calendar feeds: the page of one's own addresses, and the file behind each."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from drafts import calendars, ical
from drafts.models import CalendarFeed
from fantasy_f1.core import clock, conditional, ratelimit
from fantasy_f1.core.converters import id_of
from fantasy_f1.core.http import UserRequest, post_only
from leagues.models import Constructor, League


@dataclass(frozen=True)
class CalendarCard:
    """A calendar that one has or could have: of a league, or of all."""

    league: League | None
    feed: CalendarFeed | None

    @property
    def address(self) -> str:
        return calendars.address(self.feed) if self.feed else ""

    @property
    def subscription(self) -> str:
        """The same address, for programs that keep calendars."""
        return f"webcal:{self.address.partition(':')[2]}"


@never_cache
@require_safe
@login_required
def show(request: UserRequest) -> HttpResponse:
    feeds = {feed.league_id: feed for feed in calendars.feeds_of(request.user)}
    teams = Constructor.objects.playing().filter(user=request.user).select_related("league").order_by("-league__season")
    cards = [CalendarCard(None, feeds.get(None))]
    cards += [CalendarCard(team.league, feeds.get(team.league_id)) for team in teams]
    return render(request, "drafts/calendars.html", {"cards": cards})


@post_only("drafts:calendars")
@login_required
def make(request: UserRequest) -> HttpResponse:
    asked = request.POST.get("league", "")
    league = get_object_or_404(League.objects.visible_to(request.user), pk=id_of(asked)) if asked else None
    calendars.make_feed(user=request.user, league=league, now=clock.now())
    return redirect("drafts:calendars")


@post_only("drafts:calendars")
@login_required
def renew(request: UserRequest, pk: int) -> HttpResponse:
    calendars.renew_feed(get_object_or_404(CalendarFeed, pk=pk, user=request.user), now=clock.now())
    messages.success(request, "The calendar has a new address; the old one shows nothing any more.")
    return redirect("drafts:calendars")


@post_only("drafts:calendars")
@login_required
def revoke(request: UserRequest, pk: int) -> HttpResponse:
    get_object_or_404(CalendarFeed, pk=pk, user=request.user).delete()
    messages.success(request, "The address shows nothing any more.")
    return redirect("drafts:calendars")


@require_safe
def file(request: HttpRequest, token: str) -> HttpResponse:
    """The feed, for whoever knows its address; 304 while it is the same."""
    ratelimit.limit_request(request)
    feed = calendars.find_feed(token)
    if feed is None:
        raise Http404
    entries = calendars.entries(feed, now=clock.now())
    content = ical.render(calendars.name_of(feed), entries, base_url=settings.BASE_URL)
    headers = {"ETag": conditional.tag(content), "Cache-Control": "private, no-cache"}
    if conditional.names(request.headers.get("If-None-Match", ""), headers["ETag"]):
        return HttpResponse(status=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="fantasy-f1.ics"'
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)
