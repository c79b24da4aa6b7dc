from datetime import datetime, timedelta

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts import keys
from drafts import lifecycle
from drafts.models import Draft
from drafts.picks import make_pick
from leagues.managers import create_league
from leagues.membership import join_league
from leagues.models import Constructor
from notifications.models import Notification
from tests.factories import ConstructorFactory, RaceFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_the_export_has_all_of_oneself_and_nothing_of_others(now: datetime) -> None:
    race = RaceFactory(entries=8, starts_at=now + timedelta(days=4), qualifying_at=now + timedelta(days=3))
    ana = UserFactory(username="ana", email="ana@example.com")
    league = create_league(creator=ana, name="Paddock Club", season=race.season, max_teams=2, now=now)
    team = join_league(league_id=league.pk, user=ana, team_name="Apex Hunters", now=now)
    other = ConstructorFactory(league=league, team_name="Somebody else")
    draft = lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now)
    lifecycle.open_draft(draft_id=draft.pk, actor=None, now=now)
    for pk in Draft.objects.get().order_data:
        turn = Constructor.objects.get(pk=pk)
        driver = race.entries.order_by("pk")[0 if pk == team.pk else 1].driver
        make_pick(draft_id=draft.pk, constructor=turn, driver=driver, actor=turn.user, now=now)
    for user in (ana, other.user):
        Notification.objects.create(user=user, type=Notification.Type.LEAGUE, title=f"For {user}", dedupe_key="1")
    for user in (ana, other.user):
        Client().force_login(user)
        keys.make(user=user, name=f"Bot of {user}", scope="read", now=now)
    api = APIClient()
    api.force_authenticate(ana)

    answer = api.get("/api/v1/users/me/export")

    told = answer.json()
    assert answer["Content-Disposition"] == 'attachment; filename="fantasy-f1-ana.json"'
    assert answer["Cache-Control"] == "no-store"
    assert (told["account"]["username"], told["account"]["email"]) == ("ana", "ana@example.com")
    assert [row["name"] for row in told["managed_leagues"]] == ["Paddock Club"]
    assert [(row["team_name"], row["league_name"]) for row in told["constructors"]] == [
        ("Apex Hunters", "Paddock Club")
    ]
    assert [(row["driver"], row["constructor_id"]) for row in told["picks"]] == [
        (race.entries.order_by("pk")[0].driver.name, team.pk)
    ]
    assert [row["title"] for row in told["notifications"] if row["type"] == "league"] == ["For ana"]
    assert [row["name"] for row in told["events"]] == ["LeagueCreated", "ConstructorJoined", "PickMade"]
    assert [row["kind"] for row in told["sign_ins"]] == ["browser"]
    assert [row["name"] for row in told["api_keys"]] == ["Bot of ana"]
    assert not {"password", "secret_hash", "key"} & {*told["account"], *told["api_keys"][0], *told["sign_ins"][0]}
    assert "Somebody else" not in answer.content.decode()
