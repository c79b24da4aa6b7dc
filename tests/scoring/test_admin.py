"""What a host sees of the scores in the admin."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from leagues.models import Constructor, League
from races.models import Driver, Race
from scoring.models import DraftedRace, DriverScore, RuleSet, ScoreRun
from scoring.scores import score_race
from tests.factories import UserFactory, give_result

pytestmark = pytest.mark.django_db

MODELS = ["ruleset", "scorerun", "driverscore"]


@pytest.fixture
def run(race: Race, drivers: list[Driver]) -> ScoreRun:
    give_result(race, drivers)
    run = score_race(race_id=race.pk, now=race.starts_at + timedelta(hours=3))
    assert run is not None
    return run


@pytest.fixture
def host(client: Client) -> Client:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def score_again(client: Client, run: ScoreRun) -> HttpResponse:
    data = {"action": "score_again", "_selected_action": [run.pk]}
    return client.post(reverse("admin:scoring_scorerun_changelist"), data)


def said(response: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.mark.parametrize("model", MODELS)
def test_host_looks_and_changes_nothing(host: Client, run: ScoreRun, model: str) -> None:
    row = {"ruleset": RuleSet, "scorerun": ScoreRun, "driverscore": DriverScore}[model].objects.first()
    assert row is not None
    change = reverse(f"admin:scoring_{model}_change", args=[row.pk])

    assert host.get(reverse(f"admin:scoring_{model}_changelist"), {"q": "a"}).status_code == 200
    assert host.get(change).status_code == 200
    assert host.post(change, {}).status_code == 403
    assert host.get(reverse(f"admin:scoring_{model}_add")).status_code == 403
    assert host.post(reverse(f"admin:scoring_{model}_delete", args=[row.pk])).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_league_managers_see_no_scores_here(client: Client, run: ScoreRun, model: str) -> None:
    client.force_login(UserFactory(is_staff=True))

    assert client.get(reverse(f"admin:scoring_{model}_changelist")).status_code == 403


def test_scoring_again_writes_nothing_without_a_change(host: Client, run: ScoreRun) -> None:
    response = score_again(host, run)

    assert said(response) == [f"{run} stands: nothing changed since."]
    assert list(ScoreRun.objects.all()) == [run]


def test_scoring_again_follows_new_results(host: Client, run: ScoreRun, race: Race, drivers: list[Driver]) -> None:
    give_result(race, [drivers[1], drivers[0], *drivers[2:]])

    response = score_again(host, run)

    second = ScoreRun.objects.get(is_current=True)
    assert said(response) == [f"{second}: {drivers[0]} 25 → 18, {drivers[1]} 18 → 25."]
    assert second.number == 2


def test_scoring_again_tells_when_no_points_moved(
    host: Client, run: ScoreRun, race: Race, drivers: list[Driver]
) -> None:
    give_result(race, [*drivers[:20], drivers[21], drivers[20]])

    assert said(score_again(host, run)) == [f"{ScoreRun.objects.get(is_current=True)}: no points moved."]


def test_scoring_again_leaves_a_race_without_results(host: Client, run: ScoreRun, race: Race) -> None:
    race.revisions.update(is_current=False)

    assert said(score_again(host, run)) == [f"{race} has no results yet."]


def test_who_may_only_look_cannot_score(client: Client, run: ScoreRun) -> None:
    viewer = UserFactory(is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_scorerun"))
    client.force_login(viewer)

    page = client.get(reverse("admin:scoring_scorerun_changelist"))

    assert page.status_code == 200
    assert b"score_again" not in page.content


@pytest.fixture
def manager(client: Client, league: League) -> User:
    """Signed in."""
    user: User = league.creator
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client.force_login(user)
    return user


def ask_again(client: Client, race: Race) -> HttpResponse:
    drafted = DraftedRace.objects.get(race=race)
    data = {"action": "score_again", "_selected_action": [drafted.pk]}
    return client.post(reverse("admin:scoring_draftedrace_changelist"), data)


def test_a_manager_has_a_race_scored_again(
    client: Client, teams: list[Constructor], run: ScoreRun, manager: User, race: Race, drivers: list[Driver]
) -> None:
    assert said(ask_again(client, race)) == [f"{run} stands: nothing changed since."]
    give_result(race, [drivers[1], drivers[0], *drivers[2:]])
    told = said(ask_again(client, race))[-1]

    second = ScoreRun.objects.get(is_current=True)
    assert told == f"{second}: {drivers[0]} 25 → 18, {drivers[1]} 18 → 25."
    event = race.events().latest("pk")
    assert (event.name, event.actor) == ("RaceScored", manager)


def test_who_asked_is_in_the_history(
    client: Client, teams: list[Constructor], run: ScoreRun, manager: User, race: Race
) -> None:
    ask_again(client, race)
    drafted = DraftedRace.objects.get(race=race)

    page = client.get(reverse("admin:scoring_draftedrace_history", args=[drafted.pk])).content.decode()

    assert f"Asked to score again. {run} stands: nothing changed since." in page
    assert manager.username in page
