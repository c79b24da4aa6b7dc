"""The server as a process: its start, its clockwork, its end."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.core.conftest import ROOT, Run

pytestmark = pytest.mark.same_anywhere

PATIENCE = 90  # seconds; a busy machine takes long to make the demo
SOON = 4  # seconds; a connection that is waited for is kept for five


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def start(environment: dict[str, str], port: int) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the server and wait until it answers, or until the given condition holds."""
    started: list[subprocess.Popen[str]] = []

    def running(until: Callable[[], bool] | None = None, **variables: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "fantasy_f1.serve"],
            cwd=ROOT,
            env=environment | {"PORT": str(port), "DJANGO_SETTINGS_MODULE": "tests.core.ticking"} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        wait_for(lambda: process.poll() is not None or (until() if until else is_alive(port)))
        assert process.poll() is None, process.communicate()
        return process

    yield running
    for process in started:
        process.kill()
        process.communicate()


def is_alive(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/health", timeout=5).json() == {"status": "ok"}
    except (requests.ConnectionError, requests.Timeout):  # not started, or still preparing
        return False


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def ends(process: subprocess.Popen[str], with_signal: signal.Signals) -> tuple[int, str, str, float]:
    began = time.monotonic()
    process.send_signal(with_signal)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err, time.monotonic() - began


def test_it_starts_from_nothing_ends_on_ctrl_c_and_starts_again(
    start: Callable[..., subprocess.Popen[str]], port: int, tmp_path: Path
) -> None:
    for _ in range(2):
        process = start()
        wait_for(lambda: requests.get(f"http://127.0.0.1:{port}/ready", timeout=10).json()["status"] == "ok")
        static = requests.get(f"http://127.0.0.1:{port}/static/admin/css/base.css", timeout=10)
        code, out, err, seconds = ends(process, signal.SIGINT)

        assert static.status_code == 200
        assert (code, out, err) == (0, f"Fantasy F1 is at http://localhost:{port} (Ctrl-C ends it)\n", "")
        assert seconds < SOON
    assert (tmp_path / "fantasy_f1.sqlite3").is_file()


def test_the_first_start_of_the_demo_makes_its_league_and_the_second_keeps_it(
    start: Callable[..., subprocess.Popen[str]], port: int
) -> None:
    said = []
    for _ in range(2):
        process = start(DEMO="on", GAME_CLOCK="on")
        home = requests.get(f"http://127.0.0.1:{port}/", timeout=10)
        code, out, err, _ = ends(process, signal.SIGINT)
        said.append(out)

        assert (home.status_code, code, err) == (200, 0, "")
    first, second = said
    assert first.endswith(second)
    assert f"http://localhost:{port}" in second


def test_the_clockwork_runs_tasks_in_its_threads_and_does_not_hold_up_the_end(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    ticks = tmp_path / "ticks"
    process = start()
    wait_for(lambda: ticks.is_file() and len(ticks.read_text().splitlines()) >= 2)
    (tmp_path / "busy").touch()
    done = len(ticks.read_text().splitlines())
    wait_for(lambda: len(ticks.read_text().splitlines()) > done)

    code, _, err, seconds = ends(process, signal.SIGTERM)

    assert (code, err) == (0, "")
    assert seconds < SOON
    assert {thread.rpartition("-")[0] for thread in ticks.read_text().splitlines()} == {"ThreadPoolExecutor"}


def test_a_browser_that_keeps_its_connection_does_not_hold_up_the_end(
    start: Callable[..., subprocess.Popen[str]], port: int
) -> None:
    process = start()
    with requests.Session() as browser:
        browser.get(f"http://127.0.0.1:{port}/health", timeout=10)
        code, _, err, seconds = ends(process, signal.SIGINT)

    assert (code, err) == (0, "")
    assert seconds < SOON


def test_ctrl_c_while_it_still_prepares_is_an_end_like_another(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = start(until=(tmp_path / "fantasy_f1.sqlite3").is_file)

    code, _, err, _ = ends(process, signal.SIGINT)

    assert (code, err) == (0, "")


def test_in_production_it_is_a_server_and_nothing_else(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = start(REDIS_URL="redis://127.0.0.1:9/0", SECRET_KEY="x" * 40, JWT_SIGNING_KEY="y" * 40)

    code, _, err, _ = ends(process, signal.SIGTERM)

    assert (code, list(tmp_path.iterdir())) == (0, [])
    assert "Traceback" not in err


def test_it_believes_no_forwarded_address_by_itself(start: Callable[..., subprocess.Popen[str]], port: int) -> None:
    start(RATE_LIMIT_READS="1/1h")

    asked = [
        requests.get(f"http://127.0.0.1:{port}/api/v1/drivers", headers={"X-Forwarded-For": address}, timeout=10)
        for address in ("203.0.113.1", "203.0.113.2")
    ]

    assert [answer.status_code for answer in asked] == [200, 429]


def test_a_port_in_use_stops_the_start_with_one_line(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("-m", "fantasy_f1.serve", PORT=str(port))

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"Configuration error: PORT {port} cannot be used on HOST 127.0.0.1: Address already in use.\n"
    )


def test_a_host_that_does_not_exist_stops_the_start_with_one_line(run: Run) -> None:
    ended = run("-m", "fantasy_f1.serve", HOST="no-such-host.invalid")

    assert ended.returncode == 1
    assert ended.stderr.startswith("Configuration error: PORT 8000 cannot be used on HOST no-such-host.invalid: ")
    assert ended.stderr.count("\n") == 1
