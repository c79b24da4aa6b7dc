"""One long test each for making and playing the demo: making it plays eleven races."""

from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from demo.league import LEAGUE, PASSWORD, PLAYER, Demo, ensure
from drafts.models import Draft
from drafts.picks import free_drivers, make_pick, on_the_clock
from fantasy_f1.core import clock
from leagues.models import Constructor, League
from races.models import Race, RaceResult, Session
from scoring.leaderboards import overall_board, race_board
from scoring.models import ScoreRun


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("demo", *arguments, stdout=out)
    return out.getvalue()


def test_the_demo_from_the_first_start_to_the_last_result(demo: Demo) -> None:
    league = League.objects.select_related("season").get(name=LEAGUE)
    player = Constructor.objects.get(league=league, user__username=PLAYER)
    draft = Draft.objects.get(league=league, race=demo.race)
    now = clock.now()

    assert (now.date(), now.hour) == (datetime(2026, 7, 22, tzinfo=UTC).date(), 9)
    assert demo.race.name == "Hungarian Grand Prix"
    assert league.constructors.playing().count() == 8
    past = league.drafts.exclude(pk=draft.pk)
    assert {(d.status, d.picks.count()) for d in past} == {("locked", 16)}
    assert past.count() == Race.objects.filter(season=2026, status="finished").count() == 10
    assert ScoreRun.objects.filter(race__season=2026, is_current=True).count() == 10
    assert sum(row.points for row in overall_board(league, until=None).rows) > 900
    assert (draft.status, draft.current_pick, on_the_clock(draft)) == ("open", 1, player.pk)
    unread = player.user.notifications.filter(is_read=False)
    assert list(unread.values_list("type", flat=True)) == ["pick_turn", "draft_open"]
    assert not RaceResult.objects.filter(race=demo.race).exists()

    # The player picks; the rivals answer at once.
    best, *_ = sorted(free_drivers(draft), key=lambda driver: -driver.price)
    make_pick(draft_id=draft.pk, constructor=player, driver=best, actor=player.user, now=now)
    draft.refresh_from_db()
    assert on_the_clock(draft) == player.pk
    assert draft.picks.count() == 15

    # The Grand Prix is run: the turn that was left is taken by the ranking, the real results are scored.
    told = command("--advance")
    draft.refresh_from_db()
    assert "Hungarian Grand Prix: the real results are in." in told
    assert clock.now() > demo.race.starts_at
    assert (draft.status, draft.picks.count(), draft.picks.filter(constructor=player).count()) == ("locked", 16, 2)
    winner = RaceResult.objects.current().get(race=demo.race, session=Session.GRAND_PRIX, position=1).driver
    played = League.objects.select_related("season").get(pk=league.pk)
    board = race_board(played, Race.objects.get(pk=demo.race.pk), until=None)
    assert sum(row.points for row in board.rows) <= Decimal(102)
    assert draft.picks.get(driver=winner).constructor_id in [
        row.constructor_id for row in board.rows if row.points >= 25
    ]

    # There is nothing left to run, and a second start changes nothing, whatever the league is called by now.
    League.objects.filter(pk=league.pk).update(name="Renamed")
    with pytest.raises(CommandError, match="no further Grand Prix"):
        command("--advance")
    events = draft.version
    assert "first to pick" not in command()
    assert ensure()[1] is False
    assert Draft.objects.get(pk=draft.pk).version == events


def test_the_button_runs_the_grand_prix(demo: Demo, client: Client) -> None:
    assert client.login(username=PLAYER, password=PASSWORD)
    assert "Run the Grand Prix" in client.get("/").content.decode()

    answer = client.post("/demo/advance/")

    assert answer.status_code == 302
    assert answer["Location"] == f"/leagues/{demo.league.pk}/leaderboard/?race={demo.race.pk}"
    assert Race.objects.get(pk=demo.race.pk).status == "finished"
    assert "Run the Grand Prix" not in client.get("/").content.decode()


def test_reset_makes_the_demo_anew(demo: Demo) -> None:
    User.objects.filter(username=PLAYER).update(full_name="Somebody else")

    told = command("--reset")

    assert "Made the demo" in told
    assert User.objects.get(username=PLAYER).full_name != "Somebody else"
    assert League.objects.get().pk > demo.league.pk  # what was cached of the old league is not found again


@pytest.mark.django_db
def test_without_the_demo_there_is_nothing_to_run(client: Client, settings: Settings) -> None:
    user = User.objects.create_user("ana", "ana@example.com", "a long password")
    client.force_login(user)

    with pytest.raises(CommandError, match="DEMO=on"):
        command()
    assert client.post("/demo/advance/").status_code == 404
    assert client.get("/demo/advance/")["Location"] == "/"

    settings.DEMO = settings.GAME_CLOCK = True
    assert client.post("/demo/advance/").status_code == 409


@pytest.mark.django_db
def test_visitors_cannot_run_the_grand_prix(client: Client, demo_on: None) -> None:
    answer = client.post("/demo/advance/")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
