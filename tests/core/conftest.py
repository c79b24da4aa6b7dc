"""Runs the app's own programs in processes of their own, with an environment of exactly the given variables."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VARIABLES = re.findall(r"^#([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """No variable of ours is set, whatever .env says, and state goes to an empty folder."""
    ours = dict.fromkeys(VARIABLES, "") | {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "fantasy_f1.settings"}
    return dict(os.environ) | ours


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """``run("manage.py", "check", PORT="x")`` → the finished process."""

    def finished(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment | variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return finished
