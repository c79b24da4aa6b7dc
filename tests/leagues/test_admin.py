"""The admin from the outside: managers and their own leagues, the host and all."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from drafts.models import Draft, Pick
from leagues.admin import ManagedByLeague
from leagues.models import Constructor, League
from tests.factories import ConstructorFactory, LeagueFactory, UserFactory

pytestmark = pytest.mark.django_db
LEAGUES, TEAMS = reverse("admin:leagues_league_changelist"), reverse("admin:leagues_constructor_changelist")


@pytest.fixture
def manager(client: Client) -> User:
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def league(manager: User) -> League:
    return LeagueFactory(name="Mine", creator=manager)


def rows(client: Client, path: str) -> list[Any]:
    return list(client.get(path).context["cl"].result_list)


def change(league: League) -> str:
    return reverse("admin:leagues_league_change", args=[league.pk])


def values(league: League, **changed: Any) -> dict[str, Any]:
    fields = ["name", "description", "max_teams", "draft_method", "draft_opens_days", "draft_locks_at", "time_zone"]
    return {field: getattr(league, field) for field in fields} | changed


def test_managers_see_their_leagues_and_teams_only(client: Client, league: League) -> None:
    mine, foreign = ConstructorFactory(league=league), ConstructorFactory(league__name="Theirs")

    assert rows(client, LEAGUES) == [league]
    assert rows(client, TEAMS) == [mine]
    assert "Theirs" not in client.get(TEAMS).content.decode()
    assert client.get(change(league)).status_code == 200
    assert client.get(change(foreign.league)).status_code == 302
    assert client.post(change(foreign.league), values(foreign.league, name="Mine now")).status_code == 302
    foreign.league.refresh_from_db()
    assert foreign.league.name == "Theirs"


def test_managers_find_nothing_else_on_the_start_page(client: Client, league: League) -> None:
    apps = client.get(reverse("admin:index")).context["app_list"]

    assert {app["app_label"] for app in apps} == {"leagues", "drafts", "notifications", "scoring"}


def test_staff_without_a_league_see_nothing(client: Client, manager: User) -> None:
    LeagueFactory()

    assert client.get(LEAGUES).status_code == 403
    assert client.get(reverse("admin:index")).context["app_list"] == []


def test_players_stay_outside(client: Client) -> None:
    client.force_login(ConstructorFactory().user)

    assert client.get(LEAGUES).status_code == 302


def test_the_host_sees_all(client: Client, league: League) -> None:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    other = LeagueFactory(name="Other")

    assert rows(client, LEAGUES) == [league, other]
    assert client.get(change(other)).status_code == 200


def test_a_change_goes_through_the_command(client: Client, league: League, manager: User) -> None:
    answer = client.post(change(league), values(league, name="New"))

    league.refresh_from_db()
    row = league.events().get()
    assert answer["Location"] == LEAGUES
    assert league.name == "New"
    assert (row.name, row.data["changed"], row.actor) == ("LeagueChanged", {"name": "New"}, manager)
    assert "changed the settings: name" in client.get(change(league)).content.decode()


def test_a_change_that_a_rule_refuses_is_not_saved(client: Client, league: League) -> None:
    ConstructorFactory.create_batch(3, league=league)

    answer = client.post(change(league), values(league, max_teams=2))

    league.refresh_from_db()
    assert answer.status_code == 400
    assert league.max_teams == 8


@pytest.mark.parametrize("model", ["league", "constructor"])
def test_nothing_is_added_or_deleted_here(client: Client, league: League, model: str) -> None:
    team = ConstructorFactory(league=league)
    pk = {"league": league.pk, "constructor": team.pk}[model]

    assert client.get(reverse(f"admin:leagues_{model}_add")).status_code == 403
    assert client.post(reverse(f"admin:leagues_{model}_delete", args=[pk]), {"post": "yes"}).status_code == 403


def act(client: Client, action: str, *teams: Constructor, reason: str = "", username: str = "") -> list[str]:
    chosen = [team.pk for team in teams]
    given = {"action": action, "_selected_action": chosen, "reason": reason, "username": username}
    answer = client.post(TEAMS, given, follow=True)
    return [str(message) for message in answer.context["messages"]]


def test_teams_are_removed_with_a_reason_and_invited_back(client: Client, league: League) -> None:
    team = ConstructorFactory(league=league, team_name="Box")

    assert act(client, "remove", team) == ["Box: Say why the team is removed."]
    assert act(client, "remove", team, reason="Gone quiet") == ["Box: done."]
    team.refresh_from_db()
    assert (team.is_active, team.was_removed) == (False, True)
    assert act(client, "invite_back", team) == ["Box: done."]
    team.refresh_from_db()
    assert not team.was_removed


def test_a_player_is_replaced_with_a_reason(client: Client, league: League, manager: User) -> None:
    team = ConstructorFactory(league=league, team_name="Box")
    cy = UserFactory(username="cy")

    assert act(client, "replace_player", team, reason="No time") == ["Box: There is no player with this name."]
    assert act(client, "replace_player", team, username="cy") == ["Box: Say why the team needs another player."]
    assert act(client, "replace_player", team, username="cy", reason="No time") == ["Box: done."]
    team.refresh_from_db()
    assert team.offered_to == cy
    assert "offered Box to cy: No time" in client.get(change(league)).content.decode()


def test_a_team_is_not_saved_by_its_page(client: Client, league: League) -> None:
    team = ConstructorFactory(league=league)
    page = reverse("admin:leagues_constructor_change", args=[team.pk])

    assert client.get(page).status_code == 200
    assert client.post(page, {}).status_code == 403


def test_a_league_leads_to_its_page_and_no_row_to_its_own(client: Client, league: League) -> None:
    content_type = ContentType.objects.get_for_model(League)

    assert f'href="{league.get_absolute_url()}"' in client.get(change(league)).content.decode()
    assert client.get(f"/admin/r/{content_type.pk}/{league.pk}/").status_code == 404


def test_teams_of_other_leagues_cannot_be_chosen(client: Client, league: League) -> None:
    foreign = ConstructorFactory()

    act(client, "remove", foreign, reason="Spite")

    foreign.refresh_from_db()
    assert foreign.is_active


def test_teams_can_be_filtered_by_league(client: Client, league: League, manager: User) -> None:
    ConstructorFactory(league=league)
    other = ConstructorFactory(league__creator=manager)

    assert rows(client, f"{TEAMS}?league={other.league_id}") == [other]
    for nonsense in ("x", "²", "9" * 30, "9" * 5000):
        assert len(rows(client, f"{TEAMS}?league={nonsense}")) == 2


def test_pickers_offer_what_the_manager_manages(league: League, manager: User) -> None:
    team, _ = ConstructorFactory(league=league), ConstructorFactory()
    request = HttpRequest()
    request.user = manager

    def offered(field: "models.Field[Any, Any]") -> list[Any]:
        assert isinstance(field, models.ForeignKey)
        form_field = ManagedByLeague(Draft, admin.site).formfield_for_foreignkey(field, request)
        assert form_field is not None
        assert form_field.queryset is not None
        return list(form_field.queryset)

    assert offered(Pick._meta.get_field("league")) == [league]
    assert offered(Pick._meta.get_field("constructor")) == [team]
    assert offered(League._meta.get_field("season")) == [league.season]


def test_lists_take_as_many_queries_for_three_as_for_one(
    client: Client, league: League, manager: User, django_assert_max_num_queries
) -> None:
    def counted(path: str) -> int:
        with django_assert_max_num_queries(30) as queries:
            client.get(path)
        return len(queries)

    ConstructorFactory(league=league)
    before = counted(LEAGUES), counted(TEAMS)
    for _ in range(2):
        ConstructorFactory(league__creator=manager)

    assert (counted(LEAGUES), counted(TEAMS)) == before


@pytest.mark.parametrize(
    "query", ["name__regex=^(a|a)%2B$", "name__startswith=M", "code=A", "season__year__gt=1", "league__name=M", "x=1"]
)
def test_lists_are_filtered_by_nothing_but_what_they_offer(client: Client, league: League, query: str) -> None:
    assert client.get(f"{LEAGUES}?{query}").status_code == 400


def test_lists_can_be_filtered_by_all_they_offer(client: Client, league: League) -> None:
    ConstructorFactory(league=league)

    for path in (LEAGUES, TEAMS):
        listed = client.get(path).context["cl"]
        choices = [choice for spec in listed.filter_specs for choice in spec.choices(listed)]
        answers = [client.get(path + choice["query_string"]).status_code for choice in choices]
        assert len(choices) > 5
        assert set(answers) == {200}
