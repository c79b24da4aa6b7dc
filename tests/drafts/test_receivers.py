from datetime import datetime

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts import closing, export
from accounts.models import User
from accounts.signals import account_closing
from drafts.models import Autopilot, Draft, Queue, SeasonList
from drafts.picks import make_pick, on_the_clock, set_autopilot
from drafts.queues import set_queue, set_season_list
from fantasy_f1.core.events import publish
from leagues.events import ConstructorLeft
from leagues.membership import join_league, leave_league, offer_team
from leagues.models import Constructor, League
from races.events import RaceCancelled
from races.models import Driver, Race
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def test_a_team_that_leaves_is_passed_over_at_once(
    draft: Draft,
    teams: list[Constructor],
    now: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        Constructor.objects.filter(pk=teams[0].pk).update(is_active=False)
        league = League.objects.lock(draft.league_id)
        publish(ConstructorLeft(league.pk, teams[0].pk), source=league, actor=None, now=now)

    draft.refresh_from_db()
    assert on_the_clock(draft) == teams[1].pk


def test_a_cancelled_race_voids_its_drafts_at_once(
    draft: Draft, race: Race, now: datetime, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        Race.objects.filter(pk=race.pk).update(status=Race.Status.CANCELLED)
        publish(RaceCancelled(race.pk), source=Race.objects.lock(race.pk), actor=None, now=now)

    draft.refresh_from_db()
    assert draft.status == "void"


def test_who_takes_a_team_over_decides_anew_about_its_autopick_and_its_queue(
    draft: Draft,
    teams: list[Constructor],
    now: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    set_autopilot(draft_id=draft.pk, constructor=teams[2], mode="always", actor=teams[2].user, now=now)
    Queue.objects.create(draft=draft, constructor=teams[2], driver_ids=[1])
    SeasonList.objects.create(constructor=teams[2], never_ids=[1])
    league, user = draft.league, UserFactory()
    offer_team(constructor_id=teams[2].pk, to=user, actor=league.creator, reason="Why", now=now)

    with django_capture_on_commit_callbacks(execute=True):
        join_league(league_id=league.pk, user=user, team_name="", code=league.code, now=now)

    assert not Autopilot.objects.exists()
    assert not Queue.objects.exists()
    assert not SeasonList.objects.exists()
    assert draft.events().latest("pk").actor == user


def test_whom_one_wants_is_exported_to_oneself_and_goes_with_the_account(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    ids = [drivers[1].pk, drivers[0].pk]
    for team in teams[:2]:
        set_queue(draft_id=draft.pk, constructor=team, driver_ids=ids, actor=team.user, now=now)
        set_season_list(constructor=team, driver_ids=ids[:1], never_ids=ids[1:], actor=team.user, now=now)

    exported = export.export(teams[0].user)
    told, told_of_season = exported["queues"], exported["season_lists"]
    closing.delete(user=teams[0].user, password=PASSWORD, otp="", now=now, at=now)

    assert told == [
        {
            "league_id": draft.league_id,
            "race": draft.race.name,
            "season": draft.race.season_id,
            "constructor_id": teams[0].pk,
            "drivers": [drivers[1].name, drivers[0].name],
        }
    ]
    assert told_of_season == [
        {
            "league_id": draft.league_id,
            "season": draft.race.season_id,
            "constructor_id": teams[0].pk,
            "drivers": [drivers[1].name],
            "never": [drivers[0].name],
        }
    ]
    assert (Queue.objects.get().constructor, SeasonList.objects.get().constructor) == (teams[1], teams[1])


def test_the_ranking_stands_in_for_teams_that_play_only(draft: Draft, teams: list[Constructor], now: datetime) -> None:
    gone, plays = teams[:2]
    leave_league(league_id=draft.league_id, user=gone.user, now=now)

    for user in (gone.user, plays.user):
        account_closing.send(sender=User, user=user, now=now, for_good=False)

    assert [autopilot.constructor for autopilot in Autopilot.objects.all()] == [plays]


def test_the_autopick_stands_in_for_a_closed_account_whatever_its_player_had_chosen(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    """Here for the next pick alone, which would have been the first of two in a row."""
    team = teams[2]
    set_autopilot(draft_id=draft.pk, constructor=team, mode="pick", actor=team.user, now=now)

    closing.deactivate(user=team.user, password=PASSWORD, otp="", now=now, at=now)
    for other, driver in zip(teams[:2], drivers, strict=False):
        make_pick(draft_id=draft.pk, constructor=other, driver=driver, actor=other.user, now=now)

    why = "The player's account is closed. Best free driver by price"
    assert list(draft.picks.filter(constructor=team).order_by("pick_number").values_list("reason", flat=True)) == [
        f"{why} (28.0 M)",
        f"{why} (27.0 M)",
    ]
    assert Autopilot.objects.get().mode == "always"
