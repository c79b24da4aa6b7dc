"""A user's notifications: to read, and to mark as read."""

import re

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Max, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from fantasy_f1.core.converters import id_of
from fantasy_f1.core.http import UserRequest, post_only, render_page
from fantasy_f1.core.spoilers import seen_by
from leagues.models import League
from notifications import service
from notifications.models import Notification
from notifications.shown import shown

PER_PAGE = 25
OF_LEAGUE = re.compile(r"/leagues/(\d+)/")
"""The pages of a league, which only those see who are in it, where it is private."""
Choice = tuple[str, str, int]
"""Value and name of a filter's choice, and how many there are."""


@login_required
@require_safe
def index(request: UserRequest) -> HttpResponse:
    """``?unread=1`` leaves out what was read, ``?type=`` and ``?league=`` all others."""
    own = service.for_user(request.user)
    only_unread = request.GET.get("unread") == "1"
    within = own.filter(is_read=False) if only_unread else own
    types, leagues = _types(within), _leagues(within)
    kind = _chosen(types, request.GET.get("type", ""))
    league = _chosen(leagues, request.GET.get("league", ""))
    found = within.filter(**({"type": kind} if kind else {}), **({"league": league} if league else {}))
    page = Paginator(found.select_related("race"), PER_PAGE).get_page(request.GET.get("page"))
    until = seen_by(request)
    context = {
        "page": page,
        "items": [(each, *shown(each, until)) for each in page],
        "newest": own.aggregate(newest=Max("pk"))["newest"],
        "only_unread": only_unread,
        "types": types,
        "type": kind,
        "leagues": leagues,
        "league": league,
        "is_filtered": bool(kind or league),
    }
    return render_page(request, "notifications/list.html", "changed", context)


def _types(notifications: QuerySet[Notification]) -> list[Choice]:
    """Those that there are, in the order of the enumeration."""
    counts = dict(notifications.order_by().values_list("type").annotate(Count("pk")))
    return [(kind.value, str(kind.label), counts[kind]) for kind in Notification.Type if kind in counts]


def _leagues(notifications: QuerySet[Notification]) -> list[Choice]:
    of_leagues = notifications.filter(league__isnull=False).order_by("league__name", "league")
    counts = of_leagues.values_list("league", "league__name").annotate(Count("pk"))
    return [(str(pk), name, count) for pk, name, count in counts]


def _chosen(choices: list[Choice], value: str) -> str:
    """The value, where it is one that can be chosen; else all are shown."""
    return value if value in {choice[0] for choice in choices} else ""


@login_required
@require_safe
def bell(request: UserRequest) -> HttpResponse:
    """The bell alone, as it stands."""
    return render(request, "notifications/_bell.html")


@login_required
@require_safe
def follow(request: UserRequest, pk: int) -> HttpResponse:
    """To the page that a notification is about; it counts as read then."""
    notification = get_object_or_404(request.user.notifications, pk=pk)
    service.mark_read(notification)
    of_league = OF_LEAGUE.match(notification.link)
    if of_league and not League.objects.open_to(request.user).filter(pk=of_league[1]).exists():
        messages.info(request, "You cannot see the page of that league any more.")
        return redirect("notifications:list")
    return redirect(notification.link or "notifications:list")


@post_only("notifications:list")
@login_required
def read(request: UserRequest, pk: int) -> HttpResponse:
    service.mark_read(get_object_or_404(request.user.notifications, pk=pk))
    return _back(request)


@post_only("notifications:list")
@login_required
def read_all(request: UserRequest) -> HttpResponse:
    """What has come after the page was made was not seen on it: that stays unread."""
    newest = id_of(request.POST.get("newest", ""))
    service.mark_all_read(user=request.user, **({"pk__lte": newest} if newest else {}))
    return _back(request)


def _back(request: UserRequest) -> HttpResponse:
    """To the list as it was asked for: same filter, same page. HTMX follows the redirect by itself."""
    query = request.GET.urlencode()
    return redirect(f"{reverse('notifications:list')}{'?' if query else ''}{query}")
