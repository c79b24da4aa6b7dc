"""The demo's one button."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from demo import league
from fantasy_f1.core.http import post_only


@post_only("home")
@login_required
def advance(request: HttpRequest) -> HttpResponse:
    """Run the next Grand Prix and show the league's board of it."""
    if not settings.DEMO:
        raise Http404
    race = league.advance()
    messages.success(request, f"{race.name}: the real results are in.")
    demo = league.find()
    assert demo is not None
    return redirect(f"{reverse('scoring:leaderboard', args=[demo.league.pk])}?race={race.pk}")
