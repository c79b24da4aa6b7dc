"""The bot of docs/api.md, run as it stands there, plays against a person."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from queue import Queue

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from accounts import keys
from drafts import lifecycle
from drafts.events import PickMade
from drafts.picks import free_drivers, make_pick
from fantasy_f1.core.events import Event, published
from leagues.events import ConstructorJoined
from leagues.models import Constructor
from races.models import Driver
from tests.core.conftest import ROOT
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def heard(kind: type[Event]) -> Iterator[Callable[[], Event]]:
    """Gives a function that waits for the next event of that kind."""
    events: Queue[Event] = Queue()

    def hear(event: Event, **_: object) -> None:
        events.put(event)

    published.connect(hear, sender=kind)
    yield lambda: events.get(timeout=30)
    published.disconnect(hear, sender=kind)


@pytest.fixture
def bot(live_server: LiveServer, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Starts the bot with arguments; at the end it must still be running, and have nothing to complain of."""
    text = (ROOT / "docs/api.md").read_text()
    script = tmp_path / "bot.py"
    script.write_text(re.search(r"## A bot\n.*?```python\n(.*?)```", text, re.DOTALL)[1])
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> None:
        env = {**os.environ, "API": f"{live_server.url}/api/v1", "PAUSE": "0.2"}
        command = [sys.executable, script, *arguments]
        running.append(subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))

    yield start
    for process in running:
        ended = process.poll()
        process.kill()
        out, err = process.communicate()
        assert (ended, err) == (None, ""), out


def test_it_is_at_most_forty_lines() -> None:
    block = re.search(r"## A bot\n.*?```python\n(.*?)```", (ROOT / "docs/api.md").read_text(), re.DOTALL)[1]

    assert len(block.splitlines()) <= 40


def test_the_bot_joins_waits_for_its_turns_and_drafts_the_dearest_free_drivers(bot: Callable[..., None]) -> None:
    now = timezone.now()
    race = RaceFactory(starts_at=now + timedelta(days=4), entries=22)
    for price, driver in enumerate(Driver.objects.order_by("pk")):
        Driver.objects.filter(pk=driver.pk).update(price=price)
    dearest = list(Driver.objects.order_by("-price"))
    league = LeagueFactory(season=race.season, is_private=True, draft_method="sequential")
    person = ConstructorFactory(league=league, user=league.creator)
    robot = UserFactory(username="robot")
    _, key = keys.make(user=robot, name="Bot", scope="write", now=now)

    with heard(ConstructorJoined) as joined, heard(PickMade) as picked:
        bot(key, league.code)
        joined()
        team = Constructor.objects.get(user=robot)
        draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=now)
        order = [person.pk, team.pk]
        lifecycle.set_order(draft_id=draft.pk, constructor_ids=order, actor=league.creator, now=now)
        for driver in (dearest[0], dearest[2]):
            assert driver in free_drivers(draft)
            make_pick(draft_id=draft.pk, constructor=person, driver=driver, actor=league.creator, now=now)
            assert [picked().constructor_id for _ in range(2)] == order

    assert list(draft.picks.values_list("constructor", "driver").order_by("pick_number")) == [
        (person.pk, dearest[0].pk),
        (team.pk, dearest[1].pk),
        (person.pk, dearest[2].pk),
        (team.pk, dearest[3].pk),
    ]
