"""An evening in the draft room: four people in browsers of their own, on the app as its own server serves it."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from demo.league import PASSWORD
from tests.core.conftest import ROOT
from tests.e2e.browsing import log_in
from tests.streaming import PATIENCE, Process

pytestmark = pytest.mark.same_anywhere

MONDAY = "2026-04-20T09:00:00Z"
MIAMI = "2026_miami_grand_prix"
LOST = "ERR_(CONNECTION_(REFUSED|RESET)|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)|htmx:(sendError|afterRequest)"
MARKS = {"player": "", "queue": "Q", "auto": "A", "manager": "M"}
SCREENS: list[dict[str, Any]] = [
    {},
    {},
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True, "is_mobile": True},
    {"color_scheme": "dark"},
]


@pytest.fixture(scope="module", autouse=True)
def _patience() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE * 1000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Process]:
    """The embedded app, on a Monday before a real Grand Prix."""
    server = Process(tmp_path, F1_API_URL="http://127.0.0.1:9/ergast/f1", GAME_CLOCK="on")
    server.start()
    for arguments in (["game_clock", "--set", MONDAY], ["load_season", "2026"]):
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env=server.environment, check=True, capture_output=True)
    yield server
    server.kill()


@dataclass
class Player:
    """Somebody with an account, a program of their own for the API, and after ``enter`` a browser in the room."""

    url: str
    username: str
    team: int = 0
    page: Page = field(init=False)

    def __post_init__(self) -> None:
        self.session = requests.Session()
        account = {"username": self.username, "email": f"{self.username}@example.com", "password": PASSWORD}
        self.user = self.ask("POST", "auth/register", account | {"full_name": ""})
        tokens = self.ask("POST", "auth/login", {"username": self.username, "password": PASSWORD})
        self.session.headers["Authorization"] = f"Bearer {tokens['access']}"

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self.session.request(method, f"{self.url}/api/v1/{path}", json=body, timeout=PATIENCE)
        assert answer.ok, answer.text
        return answer.json()

    def enter(self, page: Page, room: str) -> None:
        page.set_default_timeout(PATIENCE * 1000)
        log_in(page, self.username)
        page.goto(room)
        page.evaluate("() => { window.isTheSame = true; }")
        self.page = page

    def draft(self, place: int = 0) -> None:
        """Take that one of the free drivers, once it is the player's turn."""
        expect(self.page.locator(".clock-strip__call")).to_have_text("You are on the clock")
        name = self.press("Draft", place)
        expect(self.page.locator("#confirm")).to_contain_text(f"Draft {name}?")
        self.page.get_by_role("button", name="Confirm").click()
        expect(self.page.locator("#mine")).to_contain_text(name)

    def press(self, what: str, place: int) -> str:
        """Press that button of the driver at ``place`` of those who have one → the driver's name."""
        button = self.page.get_by_role("button", name=re.compile(f"^{what} ")).nth(place)
        label = button.get_attribute("aria-label") or ""
        self.page.get_by_role("button", name=label, exact=True).click()
        return label.removeprefix(f"{what} ")

    def manage(self, what: str) -> Locator:
        """Open the manager's form for that."""
        self.page.get_by_text("Manage the draft", exact=True).click()
        self.page.get_by_text(what).first.click()
        return self.page.locator("#manage form:visible")

    def show(self, part: str) -> None:
        """Bring a part of the room into view; on a phone it has a tab."""
        tab = self.page.get_by_role("link", name=part, exact=True)
        if tab.is_visible():
            tab.click()

    def board(self) -> list[list[str]]:
        """All cells of the board, row by row: pick, driver's letters and name, mark."""
        return [
            [" ".join(cell.text_content().split()) for cell in row.locator("td").all()]  # type: ignore[union-attr]
            for row in self.page.locator("#board tbody tr").all()
        ]


def expected_board(player: Player, draft: dict[str, Any]) -> list[list[str]]:
    """What the database has, as the board should show it."""
    drivers = {driver["id"]: driver for driver in player.ask("GET", "drivers?season=2026&page_size=100")["results"]}
    cells = {}
    for pick in draft["picks"]:
        driver = drivers[pick["driver"]]
        words = ["Pick", pick["pick_number"], driver["code"], driver["family_name"], MARKS[pick["source"]]]
        cells[pick["round"], pick["constructor"]] = " ".join(str(word) for word in words if word)
    return [[cells[number, team] for team in draft["order"]] for number in (1, 2)]


def test_an_evening_of_four(server: Process, open_browser: Callable[..., Page], faults: list[str]) -> None:
    everybody = [Player(server.url, name) for name in ("anna", "boris", "cleo", "devon")]
    manager = everybody[0]
    made = {"name": "Grid", "season": 2026, "draft_method": "snake", "max_teams": 4, "pick_seconds": 300}
    league = manager.ask("POST", "leagues", made)
    for player in everybody:
        join = {"team_name": f"Team {player.username}", "code": league["code"]}
        player.team = player.ask("POST", f"leagues/{league['id']}/join", join)["id"]
    races = manager.ask("GET", "races?season=2026&page_size=100")["results"]
    race = next(race for race in races if race["external_id"] == MIAMI)
    address = f"leagues/{league['id']}/drafts/{race['id']}"
    draft = manager.ask("POST", f"leagues/{league['id']}/drafts/initialize", {"race_id": race["id"]})
    first, second, third, fourth = (
        next(player for player in everybody if player.team == team) for team in draft["order"]
    )
    for player, screen in zip((first, second, third, fourth), SCREENS, strict=True):
        player.enter(open_browser(server.url, **screen), f"/{address}/")

    def all_see(what: str, text: str | re.Pattern[str]) -> None:
        for player in everybody:
            expect(player.page.locator(what)).to_contain_text(text)

    def all_see_picks(number: int, *, seconds: float = PATIENCE) -> None:
        for player in everybody:
            expect(player.page.locator("#board .draft-cell__name")).to_have_count(number, timeout=seconds * 1000)

    all_see("#connection", "Live · 4 here")

    # A pick by each of the four, and a word to the others.
    for place, player in enumerate((first, second, third)):
        player.draft(place)
        all_see_picks(place + 1)
    for player in everybody:
        player.show("Chat")
        player.page.locator("#talk").scroll_into_view_if_needed()
        expect(player.page.locator("#chat-messages")).to_be_visible()
    third.page.get_by_label("Message to the league").fill("Box, box!")
    third.page.get_by_role("button", name="Send").click()
    all_see("#chat-messages", "Box, box!")
    third.show("Drivers")
    fourth.draft()
    all_see_picks(4)

    # A pause, in which the last pick is taken back.
    form = manager.manage("Pause the draft")
    form.get_by_label("Why?").fill("Pizza is here")
    form.get_by_role("button", name="Pause").click()
    all_see("#state", "Pizza is here")
    form = manager.manage("Undo pick 4")
    form.get_by_label("Why?").fill("A slip of the thumb")
    form.get_by_role("button", name="Undo pick 4").click()
    all_see_picks(3)
    manager.page.get_by_role("button", name="Resume the draft").click()
    for player in everybody:
        expect(player.page.locator("#state")).not_to_contain_text("paused")
    fourth.draft(5)
    all_see_picks(4)
    assert faults == []

    # The server goes and comes back; the first pick after that is made before anybody is back.
    code, said, _ = server.stop()
    assert (code, "Traceback" in said) == (0, False)
    all_see("#connection", re.compile("reconnecting", re.IGNORECASE))
    server.start()
    taken = {pick["driver"] for pick in fourth.ask("GET", address)["picks"]}
    drivers = fourth.ask("GET", "drivers?season=2026&status=active&ordering=-price")["results"]
    free = next(driver["id"] for driver in drivers if driver["id"] not in taken)
    fourth.ask("POST", f"constructors/{fourth.team}/drafts/{race['id']}/picks", {"driver_id": free})
    all_see_picks(5)
    all_see("#connection", "Live · 4 here")
    assert all(re.search(LOST, fault) for fault in faults), faults
    faults.clear()

    # The first has a queue and goes; the second lets the time run out.
    third.draft(2)
    all_see_picks(6)
    queued = first.press("Queue", 7)
    expect(first.page.locator("#queue-items")).to_contain_text(queued)
    first.page.get_by_text("Autopick is off.").click()
    first.page.get_by_label("This whole draft").check()
    first.page.locator("#switch-autopick").click()
    expect(first.page.locator("#mine")).to_contain_text("Autopick is on.")
    form = manager.manage("Change the clock")
    form.get_by_label("Seconds for a pick, live").fill("15")
    form.get_by_label("Why?").fill("The pizza is cold")
    form.get_by_role("button", name="Change the clock").click()
    all_see("#ticker", "The pizza is cold")
    all_see_picks(8, seconds=15 + 2 * PATIENCE)
    all_see("#state", "All picks are made.")

    # Everybody has the same before their eyes, which is what the database has.
    draft = manager.ask("GET", address)
    expected = expected_board(manager, draft)
    assert [pick["source"] for pick in draft["picks"]] == [*["player"] * 6, "auto", "queue"]
    assert re.fullmatch(f"Pick 8 [A-Z]{{3}} {queued.rpartition(' ')[2]} Q", expected[1][0])
    for player in everybody:
        assert player.board() == expected, player.username
    logs = [player.page.locator("#ticker li").all_text_contents() for player in everybody]
    assert all(log == logs[0] for log in logs), json.dumps(logs, indent=1)
    for reason in ("Pizza is here", "A slip of the thumb", "The pizza is cold"):
        assert reason in " ".join(logs[0])
    assert all(player.page.evaluate("window.isTheSame") for player in everybody)
