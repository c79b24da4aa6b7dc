"""Pages of webhooks: one's own ones, those of a league, and each by itself with what it was sent."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.http import UserRequest, post_only, render_page
from leagues.models import League
from leagues.permissions import require_manager
from leagues.views import own_league
from notifications.outgoing import Outgoing
from notifications.webhooks import endpoints
from notifications.webhooks.forms import EventsForm, WebhookForm
from notifications.webhooks.happenings import TEST
from notifications.webhooks.models import Webhook

PER_PAGE = 20
SOON = timedelta(seconds=10)
"""What is sent by then is worth waiting for on the page."""


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def of_user(request: UserRequest) -> HttpResponse:
    return _list(request, None)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def of_league(request: UserRequest, pk: int) -> HttpResponse:
    """For managers."""
    league = own_league(request, pk)
    require_manager(request.user, league)
    return _list(request, league)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: UserRequest, pk: int) -> HttpResponse:
    """What it was sent, or other events to be sent from now on."""
    webhook = _webhook(request, pk)
    form = EventsForm(request.POST if request.method == "POST" else None, initial={"events": webhook.events})
    if form.is_valid():
        endpoints.change(webhook_id=pk, actor=request.user, events=form.cleaned_data["events"], now=timezone.now())
        messages.success(request, "Saved.")
        return redirect(webhook)
    return _show(request, webhook, form)


@post_only("notifications:webhook", "pk")
@login_required
def test(request: UserRequest, pk: int) -> HttpResponse:
    endpoints.test(webhook_id=pk, actor=request.user, now=timezone.now())
    messages.success(request, "A test is on its way. What comes of it, you see below.")
    return _back(pk)


@never_cache
@post_only("notifications:webhook", "pk")
@login_required
def rotate_secret(request: UserRequest, pk: int) -> HttpResponse:
    """The new secret is on the answer to this and nowhere else."""
    webhook = endpoints.rotate_secret(webhook_id=pk, actor=request.user, now=timezone.now())
    return _show(request, webhook, EventsForm(initial={"events": webhook.events}), secret_of=webhook)


@post_only("notifications:webhook", "pk")
@login_required
def switch(request: UserRequest, pk: int) -> HttpResponse:
    """``on``: 1 or 0."""
    is_on = request.POST.get("on") == "1"
    endpoints.change(webhook_id=pk, actor=request.user, is_active=is_on, now=timezone.now())
    messages.success(request, f"The webhook is {'on' if is_on else 'off'}.")
    return _back(pk)


@post_only("notifications:webhook", "pk")
@login_required
def remove(request: UserRequest, pk: int) -> HttpResponse:
    webhook = _webhook(request, pk)
    endpoints.remove(webhook_id=pk, actor=request.user)
    messages.success(request, f"The webhook to {webhook.host} is removed.")
    return redirect(_list_of(webhook))


@post_only("notifications:webhook", "pk")
@login_required
def send_again(request: UserRequest, pk: int, post_pk: int) -> HttpResponse:
    get_object_or_404(_webhook(request, pk).deliveries, pk=post_pk)
    endpoints.send_again(delivery_id=post_pk, actor=request.user)
    messages.success(request, "It is sent again.")
    return _back(pk)


def _list(request: UserRequest, league: League | None) -> HttpResponse:
    form, made = WebhookForm(request.POST or None), None
    if form.is_valid():
        try:
            made = endpoints.add(actor=request.user, league=league, now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            if not made.is_signed:
                messages.success(request, "Added. Choose what it tells, and send a test.")
                return redirect(made)
            form = WebhookForm()
    webhooks = league.webhooks.all() if league else request.user.webhooks.all()
    most = endpoints.MOST_OF_LEAGUE if league else endpoints.MOST_OF_USER
    context = {"league": league, "webhooks": webhooks, "most": most, "form": form, "secret_of": made}
    status = 201 if made else 400 if form.errors else 200
    return render(request, "notifications/webhooks.html", context, status=status)


def _show(request: UserRequest, webhook: Webhook, form: EventsForm, **more: Any) -> HttpResponse:
    now = timezone.now()
    rests = webhook.is_active and webhook.rests_until is not None and webhook.rests_until > now
    moving = webhook.deliveries.filter(
        state__in=[Outgoing.State.WAITING, Outgoing.State.CLAIMED, Outgoing.State.HANDED_OVER], next_at__lt=now + SOON
    )
    if rests:
        moving = moving.filter(type=TEST)
    context = {
        "webhook": webhook,
        "form": form,
        "back": _list_of(webhook),
        "page": Paginator(webhook.deliveries.all(), PER_PAGE).get_page(request.GET.get("page")),
        "is_moving": moving.exists(),
        "rests": rests,
        "has_old_secret": webhook.old_secret_until is not None and webhook.old_secret_until > now,
        **more,
    }
    return render_page(request, "notifications/webhook.html", "posts", context, status=400 if form.errors else 200)


def _webhook(request: UserRequest, pk: int) -> Webhook:
    return get_object_or_404(Webhook.objects.visible_to(request.user).select_related("league"), pk=pk)


def _list_of(webhook: Webhook) -> str:
    if webhook.league_id:
        return reverse("notifications:league_webhooks", args=[webhook.league_id])
    return reverse("notifications:webhooks")


def _back(pk: int) -> HttpResponse:
    return redirect("notifications:webhook", pk)
