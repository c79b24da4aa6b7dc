"""Finding, making, joining and running leagues. A league's home is a page of several apps and not here."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.db import transaction
from django.forms import Form, ModelChoiceField
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import User
from fantasy_f1.core import clock
from fantasy_f1.core.errors import DomainError, Invalid
from fantasy_f1.core.http import PageRequest, UserRequest, post_only, render_page, wants_part
from leagues import managers, membership
from leagues.forms import (
    CodeForm,
    JoinForm,
    LeagueFilter,
    LeagueForm,
    ManagerForm,
    MemberForm,
    NewLeagueForm,
    SuccessorForm,
    TeamForm,
)
from leagues.history import history
from leagues.models import Constructor, League
from leagues.permissions import may_manage, require_manager
from races.entries import capacity
from races.models import Season

PAGE_SIZE = 12


@require_safe
def browse(request: PageRequest) -> HttpResponse:
    """One's own leagues, and the public ones to join."""
    form = LeagueFilter(request.GET)
    mine = League.objects.of(request.user).with_member_count().order_by("name", "pk")
    found = (
        form.apply(request.user).filter(is_private=False).exclude(pk__in=mine.values("pk")).select_related("creator")
    )
    context: dict[str, Any] = {
        "wanted": form.read(),
        "page": Paginator(found.select_related("creator"), PAGE_SIZE).get_page(request.GET.get("page")),
    }
    if wants_part(request):
        return render_page(request, "leagues/list.html", "found", context)
    teams: dict[int, Constructor] = {}
    if request.user.is_authenticated:
        teams = {team.league_id: team for team in request.user.constructors.playing()}
    context |= {"mine": [(league, teams.get(league.pk)) for league in mine], "seasons": Season.objects.all()}
    return render_page(request, "leagues/list.html", "found", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: UserRequest) -> HttpResponse:
    """A new league; its creator enters a team in the same step, if they want to play."""
    now = clock.now()
    initial = {"season": now.year, "time_zone": request.user.time_zone}
    form = NewLeagueForm(request.POST or None, year=now.year, initial=initial)
    if form.is_valid():
        values = form.cleaned_data
        team_name = values.pop("team_name")
        try:
            with transaction.atomic():
                league = managers.create_league(creator=request.user, now=now, **values)
                if team_name:
                    membership.join_league(league_id=league.pk, user=request.user, team_name=team_name, now=now)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"{league} is ready. Send the link below to whoever shall play.")
            return redirect("leagues:settings", league.pk)
    return render(request, "leagues/create.html", {"form": form}, status=400 if form.errors else 200)


@require_safe
def join_by_code(request: PageRequest) -> HttpResponse:
    """Takes a code to its invitation."""
    form = CodeForm(request.GET or None)
    if form.is_valid():
        code = form.cleaned_data["code"]
        if League.objects.filter(code=code).exists():
            return redirect("leagues:invite", code)
        form.add_error("code", "No league has this code. Letters are A to Z, digits 2 to 9.")
    return render(request, "leagues/join_by_code.html", {"form": form}, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: PageRequest, code: str) -> HttpResponse:
    """What a shared link leads to; who has it may see and join the league, private or not."""
    leagues = League.objects.with_member_count().select_related("creator", "season")
    return _join(request, get_object_or_404(leagues, code=code.upper()), code)


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: PageRequest, pk: int) -> HttpResponse:
    """Join a league without its code: one that one can see, or in which one is offered a team."""
    leagues = League.objects.open_to(request.user).with_member_count().select_related("creator", "season")
    return _join(request, get_object_or_404(leagues, pk=pk), "")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: UserRequest, pk: int) -> HttpResponse:
    """For managers to change, for players to read."""
    league = own_league(request, pk)
    if request.method != "POST" or not may_manage(request.user, league):
        return _settings(request, league)
    form = LeagueForm(request.POST)
    if form.is_valid():
        try:
            managers.change_league(league_id=league.pk, actor=request.user, now=clock.now(), **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Saved.")
            return redirect("leagues:settings", pk)
    return _settings(request, league, form=form)


@post_only("leagues:settings", "pk")
@login_required
def team(request: UserRequest, pk: int) -> HttpResponse:
    """One's own team's name and colour."""
    league = own_league(request, pk)
    constructor = get_object_or_404(league.constructors.playing().select_related("league"), user=request.user)
    form = TeamForm(request.POST, constructor=constructor)
    if form.is_valid():
        try:
            membership.change_team(
                constructor_id=constructor.pk, actor=request.user, now=clock.now(), **form.cleaned_data
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Your team is changed.")
            return redirect("leagues:settings", pk)
    return _settings(request, league, team_form=form)


@post_only("league", "pk")
@login_required
def leave(request: UserRequest, pk: int) -> HttpResponse:
    league = get_object_or_404(League, pk__in=request.user.constructors.values("league"), pk=pk)
    membership.leave_league(league_id=pk, user=request.user, now=clock.now())
    messages.success(request, f"You left {league}. What you scored stays in its history.")
    return redirect("leagues:list")


@post_only("leagues:settings", "pk")
@login_required
def remove(request: UserRequest, pk: int) -> HttpResponse:
    given = read(MemberForm(request.POST, league=own_league(request, pk)))
    constructor = given["constructor"]
    membership.remove_constructor(
        constructor_id=constructor.pk, actor=request.user, reason=given["reason"], now=clock.now()
    )
    messages.success(request, f"{constructor} is removed.")
    return redirect("leagues:settings", pk)


@post_only("leagues:settings", "pk")
@login_required
def invite_back(request: UserRequest, pk: int) -> HttpResponse:
    constructor = read(MemberForm(request.POST, league=own_league(request, pk)))["constructor"]
    membership.invite_back(constructor_id=constructor.pk, actor=request.user, now=clock.now())
    messages.success(request, f"{constructor.user.display_name} may join again.")
    return redirect("leagues:settings", pk)


@post_only("leagues:settings", "pk")
@login_required
def offer(request: UserRequest, pk: int) -> HttpResponse:
    """Let another player take a team over."""
    league = own_league(request, pk)
    form = SuccessorForm(request.POST, league=league)
    given = read(form)
    constructor = given["constructor"]
    require_manager(request.user, league)
    try:
        to = membership.player_called(given["username"])
        membership.offer_team(
            constructor_id=constructor.pk, to=to, actor=request.user, reason=given["reason"], now=clock.now()
        )
    except DomainError as error:
        form.refuse(error)
        return _settings(request, league, offers={constructor.pk: form})
    messages.success(request, f"{to.display_name} may take over {constructor} now, and is told so.")
    return redirect("leagues:settings", pk)


@post_only("leagues:settings", "pk")
@login_required
def withdraw_offer(request: UserRequest, pk: int) -> HttpResponse:
    constructor = read(MemberForm(request.POST, league=own_league(request, pk)))["constructor"]
    membership.withdraw_offer(constructor_id=constructor.pk, actor=request.user, now=clock.now())
    messages.success(request, f"{constructor} stays with {constructor.user.display_name}.")
    return redirect("leagues:settings", pk)


@post_only("leagues:settings", "pk")
@login_required
def renew_code(request: UserRequest, pk: int) -> HttpResponse:
    league = managers.renew_code(league_id=own_league(request, pk).pk, actor=request.user, now=clock.now())
    messages.success(request, f"The code is now {league.code}. The old one and its link are void.")
    return redirect("leagues:settings", pk)


@post_only("leagues:settings", "pk")
@login_required
def add_manager(request: UserRequest, pk: int) -> HttpResponse:
    user = read(ManagerForm(request.POST, league=own_league(request, pk)))["user"]
    managers.add_manager(league_id=pk, actor=request.user, user=user, now=clock.now())
    messages.success(request, f"{user.display_name} manages the league, too.")
    return redirect("leagues:settings", pk)


@post_only("leagues:settings", "pk")
@login_required
def remove_manager(request: UserRequest, pk: int) -> HttpResponse:
    user = read(ManagerForm(request.POST, league=own_league(request, pk)))["user"]
    managers.remove_manager(league_id=pk, actor=request.user, user=user, now=clock.now())
    messages.success(request, f"{user.display_name} manages the league no more.")
    return _home(request, pk)


@post_only("leagues:settings", "pk")
@login_required
def hand_over(request: UserRequest, pk: int) -> HttpResponse:
    user = read(ManagerForm(request.POST, league=own_league(request, pk)))["user"]
    managers.hand_over(league_id=pk, actor=request.user, to=user, now=clock.now())
    messages.success(request, f"The league is in the hands of {user.display_name}.")
    return _home(request, pk)


@post_only("leagues:settings", "pk")
@login_required
def delete(request: UserRequest, pk: int) -> HttpResponse:
    league = own_league(request, pk)
    managers.delete_league(league_id=pk, actor=request.user, now=clock.now())
    messages.success(request, f"{league} is deleted.")
    return redirect("leagues:list")


def own_league(request: UserRequest, pk: int) -> League:
    """A league of one's own; strangers get a 404, private or not."""
    leagues = League.objects.all() if request.user.is_superuser else League.objects.of(request.user)
    return get_object_or_404(leagues.select_related("creator", "season"), pk=pk)


def _home(request: UserRequest, pk: int) -> HttpResponse:
    """The settings, for whoever is still of the league."""
    return (
        redirect("leagues:settings", pk) if League.objects.of(request.user).filter(pk=pk) else redirect("leagues:list")
    )


def read(form: Form) -> dict[str, Any]:
    """What a form of hidden fields and short texts was given. Raises ``Invalid`` with what there is to say of it."""
    if not form.is_valid():
        field, messages_ = next(iter(form.errors.items()))
        somebody = isinstance(form.fields[field], ModelChoiceField)
        raise Invalid("That is nobody of this league." if somebody else f"{form[field].label}: {messages_[0]}")
    return form.cleaned_data


def _join(request: PageRequest, league: League, code: str) -> HttpResponse:
    user = request.user
    former = offered = None
    if isinstance(user, User):
        former = league.constructors.filter(user=user).first()
        offered = league.constructors.filter(offered_to=user).select_related("user").first()
    if former and former.is_active:
        return redirect(league)
    known = former or offered
    form = JoinForm(request.POST or None, initial={"team_name": known.team_name if known else ""})
    if request.method == "POST":
        if not isinstance(user, User):
            return redirect_to_login(request.get_full_path())
        if form.is_valid():
            try:
                membership.join_league(league_id=league.pk, user=user, code=code, now=clock.now(), **form.cleaned_data)
            except DomainError as error:
                form.refuse(error)
            else:
                messages.success(request, f"Welcome to {league}. You take part from the next draft on.")
                home = reverse("league", args=[league.pk])
                return HttpResponseClientRedirect(home) if request.htmx else redirect(home)
    teams = list(league.constructors.playing().select_related("user"))
    context = {
        "league": league,
        "form": form,
        "teams": teams,
        "places": max(0, min(league.max_teams, capacity(league.season)) - len(teams)),
        "former": former,
        "offered": offered,
    }
    return render_page(request, "leagues/join.html", "form", context, status=400 if form.errors else 200)


def _settings(
    request: UserRequest,
    league: League,
    *,
    form: LeagueForm | None = None,
    team_form: TeamForm | None = None,
    offers: dict[int, SuccessorForm] | None = None,
) -> HttpResponse:
    """``offers``: what was refused, by the team."""
    teams = list(league.constructors.select_related("user", "league", "offered_to"))
    mine = next((team for team in teams if team.user_id == request.user.pk and team.is_active), None)
    manages = may_manage(request.user, league)
    if manages and form is None:
        values = model_to_dict(league, fields=LeagueForm.Meta.fields)
        values |= {name: getattr(league, name) for name in ("quiet_from", "quiet_until", "time_zone")}
        values |= LeagueForm.values_of(league) | {"is_private": "true" if league.is_private else "false"}
        form = LeagueForm(initial=values)
    if mine and team_form is None:
        team_form = TeamForm(constructor=mine)
    refused = bool(offers or (form and form.errors) or (team_form and team_form.errors))
    managing = list(league.managers.all())
    playing = [team for team in teams if team.is_active]
    context = {
        "league": league,
        "form": form,
        "team_form": team_form,
        "offers": offers or {},
        "mine": mine,
        "manages": manages,
        "playing": playing,
        "gone": [team for team in teams if not team.is_active],
        "managers": managing,
        "candidates": [team.user for team in playing if team.user not in managing],
        "is_alone": all(team.user_id == request.user.pk for team in teams),
        "history": history(league),
    }
    return render(request, "leagues/settings.html", context, status=400 if refused else 200)
