"""The chat of a league: a page of its own, and the part of it that other pages show."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from fantasy_f1.core import clock
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.http import UserRequest, post_only, render_page
from leagues import chat
from leagues.forms import MessageForm, MuteForm
from leagues.models import League
from leagues.views import own_league, read


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: UserRequest, pk: int) -> HttpResponse:
    """Read, or say something.

    ``seen`` is the mark of what a waiting page shows: it gets nothing (204) as long as that is the latest.
    """
    league = own_league(request, pk)
    if request.method == "POST":
        text = request.POST.get("text", "")
        return _act(
            request, league, lambda: chat.say(league_id=pk, actor=request.user, text=text, now=clock.now()), text=text
        )
    return _show(request, league)


@post_only("leagues:chat", "pk")
@login_required
def remove(request: UserRequest, pk: int) -> HttpResponse:
    league = own_league(request, pk)

    def take_out() -> None:
        given = read(MessageForm(request.POST))
        chat.remove_message(league_id=pk, message_id=given["message"], actor=request.user, now=clock.now())

    return _act(request, league, take_out)


@post_only("leagues:chat", "pk")
@login_required
def mute(request: UserRequest, pk: int) -> HttpResponse:
    league = own_league(request, pk)

    def switch() -> None:
        given = read(MuteForm(request.POST, league=league))
        chat.mute(league_id=pk, actor=request.user, now=clock.now(), **given)

    return _act(request, league, switch)


def _act(request: UserRequest, league: League, action: Callable[[], object], *, text: str = "") -> HttpResponse:
    """Do it and show the chat as it is then; a refusal is shown there too, and what was typed stays."""
    try:
        action()
    except DomainError as error:
        return _show(request, league, error=error, text=text)
    return _show(request, league) if request.htmx else redirect("leagues:chat", league.pk)


def _show(request: UserRequest, league: League, *, error: DomainError | None = None, text: str = "") -> HttpResponse:
    panel = chat.panel(league, reader=request.user)
    if request.GET.get("seen") == panel.mark:
        return HttpResponse(status=204)
    context = {"league": league, "chat": panel, "error": error, "text": text}
    answer = render_page(request, "leagues/chat.html", "chat", context, status=error.status if error else 200)
    for name, value in (error.headers if error else {}).items():
        answer[name] = value
    return answer
