"""A user's notifications: to read, and to mark as read."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from fantasy_f1.core.http import UserRequest, post_only, render_page
from notifications import service

PER_PAGE = 25


@login_required
@require_safe
def index(request: UserRequest) -> HttpResponse:
    """``?unread=1`` leaves out what was read."""
    own = request.user.notifications.all()
    only_unread = request.GET.get("unread") == "1"
    page = Paginator(own.filter(is_read=False) if only_unread else own, PER_PAGE).get_page(request.GET.get("page"))
    return render_page(request, "notifications/list.html", "changed", {"page": page, "only_unread": only_unread})


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
    return redirect(notification.link or "notifications:list")


@post_only("notifications:list")
@login_required
def read(request: UserRequest, pk: int) -> HttpResponse:
    service.mark_read(get_object_or_404(request.user.notifications, pk=pk))
    return _back(request)


@post_only("notifications:list")
@login_required
def read_all(request: UserRequest) -> HttpResponse:
    service.mark_all_read(user=request.user)
    return _back(request)


def _back(request: UserRequest) -> HttpResponse:
    """To the list as it was asked for: same filter, same page. HTMX follows the redirect by itself."""
    query = request.GET.urlencode()
    return redirect(f"{reverse('notifications:list')}{'?' if query else ''}{query}")
