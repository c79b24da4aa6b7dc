"""Schemathesis asks the live server all that the API's description allows, and what it does not allow."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from demo.league import PASSWORD, PLAYER, Demo
from tests.core.conftest import ROOT

EXAMPLES = int(os.environ.get("EXAMPLES", "5"))
"""For each operation and phase; `make fuzz` asks more. What the phase "coverage" asks follows from the description."""


def test_the_api_is_as_described(
    demo: Demo, live_server: LiveServer, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    command = Path(sys.executable).with_name("schemathesis")
    config = ["--config-file", ROOT / "schemathesis.toml"]
    run = subprocess.run(
        [command, *config, "run", f"{live_server.url}/api/schema/", "--no-color", f"--max-examples={EXAMPLES}"],
        cwd=tmp_path,
        env={**os.environ, "API_USERNAME": PLAYER, "API_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        check=False,
        timeout=300 + 30 * EXAMPLES,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    tested, of = re.search(r"Selected: (\d+)/(\d+)", run.stdout).groups()
    asked = re.search(r"([\d,]+) generated", run.stdout)[1]
    links = re.search(r"API Links: +(\d+) covered", run.stdout)[1]
    assert tested == of
    assert re.findall(r"✅ +(\w+)$", run.stdout, re.MULTILINE) == ["Examples", "Coverage", "Fuzzing", "Stateful"]
    with capsys.disabled():
        print(f"\nSchemathesis: {tested} operations, {asked} requests, {links} links followed")
