"""A client that is made from the description alone plays a league at the first try."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from tests.factories import PASSWORD, RaceFactory

pytestmark = pytest.mark.django_db(transaction=True)
PACKAGE = "client_of_the_api"


@pytest.fixture
def models(live_server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The generated package's models; making it raised no warning."""
    tools = Path(sys.executable).parent
    subprocess.run(
        [
            *(tools / "openapi-python-client", "generate", "--url", f"{live_server.url}/api/schema/"),
            *("--output-path", tmp_path / PACKAGE, "--meta", "none", "--fail-on-warning"),
        ],
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
        check=True,
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield import_module(f"{PACKAGE}.models")
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


class Player:
    """Somebody who signs up, signs in and makes an API key through the generated client, and plays with that."""

    def __init__(self, base: str, username: str, models: Any) -> None:
        clients = import_module(f"{PACKAGE}.client")
        self.client = clients.Client(base_url=base, raise_on_unexpected_status=True)
        account = models.RegisterIn(username=username, email=f"{username}@example.com", password=PASSWORD)
        self.user = self.call("auth.auth_register", body=account)
        tokens = self.call("auth.auth_login", body=models.LoginIn(username=username, password=PASSWORD))
        self.client = clients.AuthenticatedClient(base, tokens.access, raise_on_unexpected_status=True)
        new = self.call("auth.keys_create", body=models.KeyIn(name="Client", scope=models.ScopeEnum.WRITE))
        self.client = clients.AuthenticatedClient(base, new.key, raise_on_unexpected_status=True)

    def call(self, operation: str, *ids: int, **given: Any) -> Any:
        return import_module(f"{PACKAGE}.api.{operation}").sync(*ids, client=self.client, **given)


def test_two_players_draft_through_the_generated_client(live_server: LiveServer, models: Any) -> None:
    race = RaceFactory(starts_at=timezone.now() + timedelta(days=4), entries=22)
    ana, bo = (Player(live_server.url, name, models) for name in ("ana", "bo.b"))

    new = models.LeagueIn(name="Grid", season=race.season_id, draft_method=models.DraftMethodEnum.SNAKE, max_teams=2)
    league = ana.call("leagues.leagues_create", body=new)
    entry = models.JoinIn(team_name="Apex", code=league.code)
    teams = {ana.call("leagues.leagues_join", league.id, body=entry).id: ana}
    refused = bo.call("leagues.leagues_join", league.id, body=entry)
    entry.team_name = "Box"
    teams[bo.call("leagues.leagues_join", league.id, body=entry).id] = bo

    bos = next(team for team, player in teams.items() if player is bo)
    draft = ana.call("drafts.drafts_initialize", league.id, body=models.InitializeIn(race_id=race.pk))
    free = [entry.driver.id for entry in ana.call("races.races_entries", race.pk, page_size=100).results]
    queue = bo.call("drafts.constructors_set_queue", bos, race.pk, body=models.QueueIn(driver_ids=free[:2]))
    on_the_clock = draft.current_pick.constructor
    once = {"body": models.PickIn(driver_id=free.pop()), "idempotency_key": "first"}
    first, again = (
        teams[on_the_clock].call("drafts.constructors_pick", on_the_clock, race.pk, **once) for _ in range(2)
    )
    paused = ana.call("drafts.drafts_pause", league.id, race.pk)
    undone = ana.call("drafts.drafts_undo", league.id, race.pk, body=models.UndoIn(to_pick_number=1))
    draft = ana.call("drafts.drafts_resume", league.id, race.pk)
    bo.call(
        "drafts.constructors_set_autopick", bos, race.pk, body=models.AutopickIn(mode=models.AutopickModeEnum.ALWAYS)
    )
    while draft.current_pick:
        team = draft.current_pick.constructor
        if team != bos:
            pick = ana.call("drafts.constructors_pick", team, race.pk, body=models.PickIn(driver_id=free.pop()))
            assert isinstance(pick, models.PickOut)
        draft = ana.call("drafts.drafts_read", league.id, race.pk)
    board = bo.call("leagues.leagues_leaderboard", league.id)

    assert (refused.status, refused.code) == (409, "team_name_taken")
    assert first == again
    assert (paused.status, len(paused.picks), undone.picks) == (models.DraftStatusEnum.PAUSED, 1, [])
    assert [pick.driver for pick in draft.picks if pick.constructor == bos] == queue.driver_ids
    assert draft.status == models.DraftStatusEnum.COMPLETE
    assert [pick.constructor for pick in draft.picks] == [*draft.order, *reversed(draft.order)]
    assert {row.constructor.id: row.constructor.user.username for row in board.results} == {
        team: player.user.username for team, player in teams.items()
    }
