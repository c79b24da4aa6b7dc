"""The league pages, for visitors, players, managers and strangers."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from leagues import membership
from leagues.models import Constructor, League
from tests.factories import ConstructorFactory, LeagueFactory, SeasonFactory, UserFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _midsummer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fantasy_f1.core.clock.timezone.now", lambda: datetime(2026, 7, 22, 9, tzinfo=UTC))


@pytest.fixture
def user(client: Client) -> User:
    user = UserFactory(username="ana", full_name="Ana Lopes")
    client.force_login(user)
    return user


@pytest.fixture
def private() -> League:
    return LeagueFactory(name="Quiet Room", code="PRVT2345", is_private=True)


def address(name: str, *args: object) -> str:
    return reverse(f"leagues:{name}", args=args)


def shown(client: Client, path: str, **kwargs) -> str:
    answer = client.get(path, **kwargs)
    assert answer.status_code == 200
    return answer.content.decode()


def notices(answer) -> list[str]:
    return re.findall(r'class="notice[^>]*><p>([^<]+)', answer.content.decode())


def titles(page: str) -> list[str]:
    return re.findall(r'class="card__link"[^>]*>([^<]+)', page)


# Finding ------------------------------------------------------------------------------------------


def test_visitors_see_public_leagues(client: Client, private: League) -> None:
    LeagueFactory(name="Open House")

    page = shown(client, address("list"))

    assert titles(page) == ["Open House"]
    assert "My leagues" not in page


def test_the_list_shows_one_s_own_first(client: Client, user: User, private: League) -> None:
    LeagueFactory(name="Managed", creator=user)
    ConstructorFactory(league=private, user=user, team_name="Mine")
    LeagueFactory(name="Open House")

    page = shown(client, address("list"))

    assert titles(page) == ["Managed", "Quiet Room", "Open House"]
    assert "Mine</span>" in page
    assert "You manage it and do not play" in page


def test_the_filter_answers_with_the_found_ones_only(client: Client, user: User) -> None:
    LeagueFactory(name="Open House")
    LeagueFactory(name="Other")

    page = shown(client, address("list"), query_params={"search": "open"}, headers=HTMX)

    assert page.strip().startswith('<div id="found"')
    assert titles(page) == ["Open House"]


def test_full_leagues_cannot_be_joined_from_the_list(client: Client) -> None:
    league = LeagueFactory(max_teams=2)
    ConstructorFactory.create_batch(2, league=league)

    page = shown(client, address("list"))

    assert address("enter", league.pk) not in page
    assert "Full" in page


def test_the_list_goes_on_over_pages_with_its_filter(client: Client) -> None:
    LeagueFactory.create_batch(13)

    page = shown(client, address("list"), query_params={"search": "league", "page": 2})

    assert len(titles(page)) == 1
    assert "?search=league&amp;page=1" in page


def test_the_list_takes_as_many_queries_for_three_as_for_one(
    client: Client, user: User, django_assert_max_num_queries
) -> None:
    def make(count: int) -> None:
        for _ in range(count):
            LeagueFactory()
            ConstructorFactory(user=user, league=LeagueFactory())

    make(1)
    with django_assert_max_num_queries(20) as one:
        client.get(address("list"))
    make(2)
    with django_assert_max_num_queries(20) as three:
        client.get(address("list"))

    assert len(one) == len(three)


# Making -------------------------------------------------------------------------------------------

NEW = {
    "name": "Ours",
    "description": "",
    "season": "2026",
    "is_private": "true",
    "max_teams": "8",
    "draft_method": "snake",
    "draft_opens_days": "5",
    "draft_locks_at": "qualifying",
    "pace": "slow",
    "live_seconds": "60",
    "slow_hours": "8",
    "quiet_from": "22:00",
    "quiet_until": "08:00",
    "time_zone": "Europe/Berlin",
    "team_name": "",
}


@pytest.mark.parametrize("team_name", ["", "Box Box"])
def test_create_makes_the_league_and_enters_the_team_if_named(client: Client, user: User, team_name: str) -> None:
    SeasonFactory()

    answer = client.post(address("create"), {**NEW, "team_name": team_name})

    league = League.objects.get()
    assert answer["Location"] == address("settings", league.pk)
    assert (league.name, league.is_private, league.creator) == ("Ours", True, user)
    assert list(league.constructors.values_list("team_name", flat=True)) == ([team_name] if team_name else [])


def test_create_offers_this_season_and_later_ones(client: Client, user: User) -> None:
    for year in (2025, 2026, 2027):
        SeasonFactory(year=year)

    page = shown(client, address("create"))

    assert re.findall(r'<option value="(20\d\d)"', page) == ["2026", "2027"]


@pytest.mark.parametrize("wrong", [{"max_teams": "12"}, {"name": ""}, {"season": "2025"}])
def test_create_shows_what_is_wrong(client: Client, user: User, wrong: dict[str, str]) -> None:
    SeasonFactory()
    SeasonFactory(year=2025)

    answer = client.post(address("create"), NEW | wrong)

    assert answer.status_code == 400
    assert 'class="field__error"' in answer.content.decode()
    assert not League.objects.exists()


def test_create_shows_what_a_rule_has_against_it(client: Client, user: User, monkeypatch) -> None:
    SeasonFactory()
    monkeypatch.setattr("leagues.managers.capacity", lambda season: 5)

    answer = client.post(address("create"), NEW)

    assert answer.status_code == 400
    assert "A league has 2 to 5 teams" in answer.content.decode()


# The clock ----------------------------------------------------------------------------------------


def value(page: str, name: str) -> str:
    """What stands in a field."""
    field = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    found = field and re.search(r'value="([^"]*)"', field[0])
    return found[1] if found else ""


def chosen(page: str) -> list[str]:
    return re.findall(r'name="pace" value="(\w+)"[^>]* checked', page)


def test_a_new_league_is_slow_in_the_zone_of_who_makes_it(client: Client, user: User) -> None:
    SeasonFactory()
    User.objects.update(time_zone="Asia/Tokyo")

    page = shown(client, address("create"))

    assert chosen(page) == ["slow"]
    times = [value(page, name) for name in ("slow_hours", "quiet_from", "quiet_until", "time_zone")]
    assert times == ["8", "22:00", "08:00", "Asia/Tokyo"]
    assert '<option value="Europe/Berlin">' in page


@pytest.mark.parametrize(
    ("given", "pace", "shows"),
    [
        ({"pace": "live", "live_seconds": "45"}, "45 seconds a pick", {"live_seconds": "45"}),
        ({"pace": "slow", "slow_hours": "2.5"}, "2.5 hours a pick, quiet from", {"slow_hours": "2.5"}),
        ({"pace": "none", "slow_hours": "99"}, "No clock", {}),
        ({"time_zone": "tokyo"}, "quiet from 22:00 to 08:00 (Asia/Tokyo)", {"time_zone": "Asia/Tokyo"}),
        ({"quiet_from": "", "quiet_until": ""}, "8 hours a pick", {"quiet_from": "", "quiet_until": ""}),
    ],
)
def test_the_pace_is_set_in_seconds_or_hours_and_shown(
    client: Client, user: User, given: dict[str, str], pace: str, shows: dict[str, str]
) -> None:
    league = LeagueFactory(creator=user)

    assert client.post(address("settings", league.pk), NEW | given)["Location"] == address("settings", league.pk)

    page = shown(client, address("settings", league.pk))
    assert chosen(page) == [given.get("pace", "slow")]
    assert {name: value(page, name) for name in shows} == shows
    assert pace in shown(client, league.get_absolute_url())
    client.force_login(ConstructorFactory(league=league).user)
    assert pace in shown(client, address("settings", league.pk))


@pytest.mark.parametrize("seconds", [3_600, 4_000, 86_399])
def test_saving_what_is_shown_changes_nothing(client: Client, user: User, seconds: int) -> None:
    league = LeagueFactory(creator=user, pick_seconds=seconds)
    shows = value(shown(client, address("settings", league.pk)), "slow_hours")

    client.post(address("settings", league.pk), NEW | {"slow_hours": shows})

    league.refresh_from_db()
    assert league.pick_seconds == seconds


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pace": "live", "live_seconds": "14"}, "greater than or equal to 15"),
        ({"pace": "live", "live_seconds": ""}, "Say how many seconds a pick may take."),
        ({"pace": "slow", "slow_hours": "25"}, "less than or equal to 24"),
        ({"pace": "slow", "slow_hours": ""}, "Say how many hours a pick may take."),
        ({"quiet_until": ""}, "Say when the quiet hours begin and when they end, or neither."),
        ({"quiet_until": "21:30"}, "The quiet hours leave the clock at least an hour of the day."),
        ({"time_zone": "Atlantis"}, "is not a time zone"),
        ({"pace": "warp"}, "warp is not one of the available choices"),
    ],
)
def test_a_clock_that_makes_no_sense_is_shown_as_such(
    client: Client, user: User, wrong: dict[str, str], message: str
) -> None:
    SeasonFactory()

    answer = client.post(address("create"), NEW | wrong)

    assert answer.status_code == 400
    assert message in answer.content.decode()
    assert not League.objects.exists()


# Joining ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["prvt2345", "PRVT-2345", " Prvt 2345"])
def test_a_code_leads_to_its_invitation(client: Client, private: League, typed: str) -> None:
    answer = client.get(address("join"), {"code": typed})

    assert answer["Location"] == "/join/PRVT2345/"


def test_a_wrong_code_is_said_to_be_wrong(client: Client) -> None:
    assert "No league has this code" not in shown(client, address("join"))

    answer = client.get(address("join"), {"code": "NONE2345"})

    assert answer.status_code == 400
    assert "No league has this code" in answer.content.decode()


def test_an_invitation_sends_visitors_to_sign_up_or_log_in_and_back(client: Client, private: League) -> None:
    team = ConstructorFactory(league=private)

    page = shown(client, "/join/prvt2345/")

    assert "Quiet Room" in page
    assert team.team_name in page
    assert "/accounts/register/?next=/join/prvt2345/" in page
    assert "/accounts/login/?next=/join/prvt2345/" in page
    assert client.post("/join/PRVT2345/")["Location"] == "/accounts/login/?next=/join/PRVT2345/"


def test_an_unknown_invitation_is_a_404(client: Client) -> None:
    assert client.get("/join/NONE2345/").status_code == 404


def test_an_invitation_enters_the_team(client: Client, user: User, private: League) -> None:
    answer = client.post("/join/PRVT2345/", {"team_name": "Box Box"})

    assert answer["Location"] == f"/leagues/{private.pk}/"
    assert private.constructors.get().team_name == "Box Box"
    assert client.get("/join/PRVT2345/")["Location"] == f"/leagues/{private.pk}/"


def test_joining_by_htmx_goes_on_to_the_league(client: Client, user: User) -> None:
    league = LeagueFactory()

    answer = client.post(address("enter", league.pk), {"team_name": "Box Box"}, headers=HTMX)

    assert answer["HX-Redirect"] == f"/leagues/{league.pk}/"


def test_joining_shows_the_refusal_in_the_form(client: Client, user: User) -> None:
    league = ConstructorFactory(team_name="Box Box").league

    answer = client.post(address("enter", league.pk), {"team_name": "box box"}, headers=HTMX)

    page = answer.content.decode()
    assert answer.status_code == 400
    assert page.strip().startswith('<section id="join"')
    assert "Another team of the league is called box box." in page


def test_joining_takes_a_name(client: Client, user: User, private: League) -> None:
    answer = client.post("/join/PRVT2345/", {"team_name": ""})

    assert answer.status_code == 400
    assert not private.constructors.exists()


def test_a_full_league_says_so(client: Client, user: User) -> None:
    league = LeagueFactory(max_teams=2)
    ConstructorFactory.create_batch(2, league=league)

    assert "This league is full." in shown(client, address("enter", league.pk))


def test_whoever_was_removed_is_told(client: Client, user: User, private: League) -> None:
    ConstructorFactory(league=private, user=user, is_active=False, was_removed=True)

    assert "Only a manager can invite you back." in shown(client, "/join/PRVT2345/")
    assert client.post("/join/PRVT2345/", {"team_name": "Me"}).status_code == 400


def test_a_private_league_has_no_door_without_its_code(client: Client, user: User, private: League) -> None:
    assert client.get(address("enter", private.pk)).status_code == 404


# Running ------------------------------------------------------------------------------------------


def test_settings_are_for_members(client: Client, private: League) -> None:
    public = LeagueFactory()
    assert client.get(address("settings", public.pk))["Location"].startswith("/accounts/login/")

    client.force_login(UserFactory())

    for league in (private, public):
        assert client.get(address("settings", league.pk)).status_code == 404


@pytest.mark.parametrize(
    "name",
    ["remove", "invite_back", "add_manager", "remove_manager", "hand_over", "delete", "leave", "team"],
)
def test_strangers_find_no_buttons(client: Client, user: User, private: League, name: str) -> None:
    assert client.post(address(name, private.pk)).status_code == 404


@pytest.mark.parametrize(
    "name", ["remove", "invite_back", "add_manager", "remove_manager", "hand_over", "delete", "leave", "team"]
)
def test_an_action_without_its_form_leads_to_the_page_with_the_button(
    client: Client, private: League, name: str
) -> None:
    """As after a login in between."""
    home = f"/leagues/{private.pk}/" if name == "leave" else address("settings", private.pk)

    assert client.get(address(name, private.pk))["Location"] == home
    assert client.put(address(name, private.pk)).status_code == 405


def test_players_read_the_settings(client: Client, user: User, private: League) -> None:
    ConstructorFactory(league=private, user=user)

    page = shown(client, address("settings", private.pk))

    assert "http://localhost:8000/join/PRVT2345/" in page
    assert 'name="max_teams"' not in page
    assert address("remove", private.pk) not in page
    client.post(address("settings", private.pk), {"name": "Mine"})
    private.refresh_from_db()
    assert private.name == "Quiet Room"


def test_the_host_runs_every_league(client: Client, private: League) -> None:
    client.force_login(UserFactory(is_superuser=True))

    assert 'name="max_teams"' in shown(client, address("settings", private.pk))


def test_managers_change_the_settings(client: Client, user: User) -> None:
    league = LeagueFactory(creator=user)

    answer = client.post(address("settings", league.pk), {**NEW, "name": "New name", "is_private": "false"})

    league.refresh_from_db()
    assert answer["Location"] == address("settings", league.pk)
    assert (league.name, league.is_private) == ("New name", False)


@pytest.mark.parametrize("max_teams", ["2", "1"])
def test_settings_show_what_is_wrong(client: Client, user: User, max_teams: str) -> None:
    league = LeagueFactory(creator=user)
    ConstructorFactory.create_batch(3, league=league)

    answer = client.post(address("settings", league.pk), {**NEW, "max_teams": max_teams})

    assert answer.status_code == 400
    assert 'class="field__error"' in answer.content.decode()


def test_settings_show_who_is_gone_and_what_happened(client: Client, user: User) -> None:
    league = LeagueFactory(creator=user)
    team = ConstructorFactory(league=league, team_name="Box Box")

    answer = client.post(address("remove", league.pk), {"constructor": team.pk, "reason": "Gone quiet"}, follow=True)

    page = answer.content.decode()
    assert notices(answer) == ["Box Box is removed."]
    assert "Ana Lopes removed Box Box: Gone quiet" in page
    assert address("invite_back", league.pk) in page

    answer = client.post(address("invite_back", league.pk), {"constructor": team.pk}, follow=True)

    assert notices(answer) == [f"{team.user.display_name} may join again."]
    assert not Constructor.objects.get().was_removed


def test_a_refusal_is_shown_on_the_page_it_came_from(client: Client, user: User) -> None:
    league = LeagueFactory(creator=user)
    team, foreign = ConstructorFactory(league=league), ConstructorFactory()
    settings = address("settings", league.pk)

    for given, text in [
        ({"constructor": team.pk, "reason": ""}, "Say why the team is removed."),
        ({"constructor": foreign.pk, "reason": "x"}, "That is nobody of this league."),
    ]:
        answer = client.post(
            address("remove", league.pk), given, follow=True, headers={"Referer": f"http://testserver{settings}"}
        )
        assert notices(answer) == [text]


def test_the_own_team_gets_name_and_colour(client: Client, user: User, private: League) -> None:
    team = ConstructorFactory(league=private, user=user, color=membership.COLOURS[0])
    ConstructorFactory(league=private, color=membership.COLOURS[1], team_name="Taken")

    saved = client.post(address("team", private.pk), {"team_name": "New", "color": membership.COLOURS[2]})
    taken = client.post(address("team", private.pk), {"team_name": "taken", "color": membership.COLOURS[3]})
    wrong = client.post(address("team", private.pk), {"team_name": "Newer", "color": membership.COLOURS[1]})

    team.refresh_from_db()
    assert saved["Location"] == address("settings", private.pk)
    assert (team.team_name, team.color) == ("New", membership.COLOURS[2])
    assert (taken.status_code, wrong.status_code) == (400, 400)


def test_leaving_goes_to_the_list(client: Client, user: User, private: League) -> None:
    team = ConstructorFactory(league=private, user=user)

    for _ in range(2):
        assert client.post(address("leave", private.pk))["Location"] == address("list")

    team.refresh_from_db()
    assert not team.is_active


def test_managers_come_and_go(client: Client, user: User, private: League) -> None:
    private.managers.add(user)
    other = ConstructorFactory(league=private).user
    settings = address("settings", private.pk)

    assert client.post(address("add_manager", private.pk), {"user": other.pk})["Location"] == settings
    assert client.post(address("remove_manager", private.pk), {"user": private.creator_id})["Location"] == settings
    assert client.post(address("hand_over", private.pk), {"user": other.pk})["Location"] == address("list")

    assert list(private.managers.all()) == [other]


def test_a_league_is_handed_over_to_a_chosen_player_only_and_after_a_question(client: Client, user: User) -> None:
    league = LeagueFactory(creator=user, name="Ours")
    ConstructorFactory(league=league)

    page = shown(client, address("settings", league.pk))
    nobody = client.post(address("hand_over", league.pk), {"user": ""})

    form = page.split(f'action="{address("hand_over", league.pk)}"')[1].split("</form>")[0]
    assert 'data-confirm="Hand Ours over?' in form
    assert re.findall(r'<option value="([^"]*)"', form)[0] == ""
    assert "formaction" not in page
    assert nobody.status_code == 400
    assert list(league.managers.all()) == [user]


def test_deleting_is_offered_while_nobody_else_has_played(client: Client, user: User) -> None:
    league = LeagueFactory(creator=user)
    delete = address("delete", league.pk)
    assert delete in shown(client, address("settings", league.pk))

    team = ConstructorFactory(league=league)
    assert delete not in shown(client, address("settings", league.pk))
    assert client.post(delete).status_code == 409

    team.delete()
    assert client.post(delete)["Location"] == address("list")
    assert not League.objects.exists()


def test_settings_take_as_many_queries_for_three_teams_as_for_one(
    client: Client, user: User, django_assert_max_num_queries
) -> None:
    league = LeagueFactory(creator=user)

    def join(count: int) -> None:
        for _ in range(count):
            member = UserFactory()
            membership.join_league(
                league_id=league.pk, user=member, team_name=member.username, now=datetime(2026, 7, 22, tzinfo=UTC)
            )

    join(1)
    with django_assert_max_num_queries(30) as one:
        client.get(address("settings", league.pk))
    join(2)
    with django_assert_max_num_queries(30) as three:
        client.get(address("settings", league.pk))

    assert len(one) == len(three)


# Replacing a player -------------------------------------------------------------------------------


def test_a_manager_offers_a_team_and_takes_the_offer_back(client: Client, user: User) -> None:
    team = ConstructorFactory(league__creator=user, team_name="Box", user__full_name="Bo")
    UserFactory(username="cy", full_name="Cy")
    settings = address("settings", team.league_id)
    given = {"constructor": team.pk, "username": "CY", "reason": "No time"}

    offered = client.post(address("offer", team.league_id), given, follow=True)
    page = shown(client, settings)
    withdrawn = client.post(address("withdraw_offer", team.league_id), {"constructor": team.pk}, follow=True)

    assert "Cy may take over Box now" in offered.content.decode()
    assert "offered to Cy" in page
    assert "Withdraw the offer" in page
    assert "Box stays with Bo." in withdrawn.content.decode()
    assert "offered to Cy" not in shown(client, settings)


def test_an_offer_to_nobody_is_refused_beside_what_was_typed(client: Client, user: User) -> None:
    team = ConstructorFactory(league__creator=user)
    given = {"constructor": team.pk, "username": "nobody", "reason": "No time"}

    answer = client.post(address("offer", team.league_id), given)

    assert answer.status_code == 400
    page = answer.content.decode()
    assert "There is no player with this name." in page
    assert '<details class="team-list__more" open>' in page
    assert 'value="nobody" aria-invalid="true" autofocus' in page
    assert 'value="No time"' in page


def test_players_offer_no_teams(client: Client, user: User) -> None:
    team = ConstructorFactory(user=user)
    given = {"constructor": team.pk, "username": "nobody", "reason": "No time"}

    assert client.post(address("offer", team.league_id), given).status_code == 403
    assert "Replace" not in shown(client, address("settings", team.league_id))


def test_whoever_is_offered_a_team_takes_it_over_by_the_link(client: Client, user: User, private: League) -> None:
    teams = ConstructorFactory.create_batch(2, league=private)
    League.objects.filter(pk=private.pk).update(max_teams=2)
    teams[0].offered_to = user
    teams[0].save()

    page = shown(client, address("invite", "PRVT2345"))
    answer = client.post(address("invite", "PRVT2345"), {"team_name": "Mine now"})

    assert f"Take over {teams[0].team_name}" in page
    assert f'value="{teams[0].team_name}"' in page
    assert answer["Location"] == private.get_absolute_url()
    teams[0].refresh_from_db()
    assert (teams[0].user, teams[0].team_name) == (user, "Mine now")


def test_an_offer_opens_the_door_of_a_private_league(client: Client, user: User, private: League) -> None:
    team = ConstructorFactory(league=private, offered_to=user)

    page = shown(client, address("enter", private.pk))
    answer = client.post(address("enter", private.pk), {"team_name": "Mine now"})

    assert f"Take over {team.team_name}" in page
    assert answer["Location"] == private.get_absolute_url()
    assert client.get(address("enter", private.pk)).status_code == 302
    Constructor.objects.update(user=UserFactory())
    assert client.get(address("enter", private.pk)).status_code == 404


def test_a_reason_that_is_a_novel_is_said_to_be_one(client: Client, user: User) -> None:
    team = ConstructorFactory(league__creator=user)

    novel = client.post(address("remove", team.league_id), {"constructor": team.pk, "reason": "x" * 201})
    nobody = client.post(address("remove", team.league_id), {"constructor": team.pk + 1, "reason": "Why"})

    assert [answer.status_code for answer in (novel, nobody)] == [400, 400]
    assert "Reason: Ensure this value has at most 200 characters" in novel.content.decode()
    assert "That is nobody of this league." in nobody.content.decode()


def test_a_manager_makes_a_new_code(client: Client, user: User) -> None:
    league = LeagueFactory(creator=user, code="PRVT2345")

    answer = client.post(address("renew_code", league.pk), follow=True)

    league.refresh_from_db()
    assert f"The code is now {league.code}." in answer.content.decode()
    assert client.get(address("invite", "PRVT2345")).status_code == 404
