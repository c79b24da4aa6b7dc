"""What is around the app: make targets, container, CI, configuration files."""

import re
import shutil
import subprocess
import sys
import tomllib
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from fantasy_f1 import __version__
from fantasy_f1.core.jobs import Queue, catalogue
from tests.core.conftest import ROOT, VARIABLES

pytestmark = pytest.mark.same_anywhere


def parsed(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


def test_make_lists_every_target() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    targets = re.findall(r"^  make (\w+) +\S", shown, re.MULTILINE)
    assert targets == ["help", "run", "test", "lint", "bench", "fuzz", "faults", "migrate", "shell"]


def test_make_says_which_python_is_needed(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)

    made = subprocess.run(
        ["make", "runtime", "PYTHON=/bin/false"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert made.returncode != 0
    assert made.stderr.startswith("Python 3.11 or newer is needed, and /bin/false is not:")
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("environment", "lines"),
    [({}, ["DEMO=on", "GAME_CLOCK=on"]), ({"DATABASE_URL": "postgres://db/f1"}, None)],
)
def test_the_first_start_plays_the_demo_unless_services_are_named(
    environment: dict[str, str], lines: list[str] | None, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin"} | environment

    subprocess.run(["make", ".env"], cwd=tmp_path, env=env, capture_output=True, check=True)

    file = tmp_path / ".env"
    assert (file.read_text().splitlines()[1:] if file.exists() else None) == lines


def test_compose_starts_everything_in_order() -> None:
    compose = parsed("docker-compose.yml")

    services = compose["services"]
    healthy, done = "service_healthy", "service_completed_successfully"
    after = {
        name: {other: how["condition"] for other, how in service.get("depends_on", {}).items()}
        for name, service in services.items()
    }
    running = {"migrate": done, "postgres": healthy, "redis": healthy}
    assert after == {
        "postgres": {},
        "redis": {},
        "migrate": {"postgres": healthy},
        "web": running,
        "live": running,
        "clock": running,
        "worker": running,
        "beat": running,
    }
    assert set(compose["volumes"]) == {"postgres", "redis"}
    assert all("healthcheck" in services[name] for name in ("postgres", "redis", "clock", "worker"))


def test_compose_has_a_worker_for_every_queue_and_one_for_deadlines_alone() -> None:
    services = parsed("docker-compose.yml")["services"]
    served = {
        name: services[name]["command"][services[name]["command"].index("--queues") + 1].split(",")
        for name in ("clock", "worker")
    }

    assert served["clock"] == ["clock"]
    assert sorted([*served["clock"], *served["worker"]]) == sorted(Queue)


def test_compose_lets_a_worker_end_what_it_sends() -> None:
    patience = parsed("docker-compose.yml")["services"]["worker"]["stop_grace_period"]

    longest = max(job.limit for job in catalogue() if job.queue == Queue.MAIL)
    assert patience == f"{longest.total_seconds():g}s"


def test_compose_holds_streams_in_a_process_that_the_proxy_knows() -> None:
    live = parsed("docker-compose.yml")["services"]["live"]
    proxy = (ROOT / "docs" / "deployment.md").read_text()

    assert live["command"] == ["python", "-m", "fantasy_f1.serve"]
    assert live["environment"]["HOST"] == "0.0.0.0"  # noqa: S104  # within the container
    assert live["ports"] == ["127.0.0.1:${LIVE_PORT:-8001}:8000"]
    assert "reverse_proxy @streams 127.0.0.1:8001" in proxy


def test_compose_lets_the_processes_of_web_count_together() -> None:
    services = parsed("docker-compose.yml")["services"]

    assert services["web"]["environment"]["METRICS_DIR"] == "/tmp/metrics"  # noqa: S108  # within the container
    assert "METRICS_DIR" not in services["live"]["environment"]


def test_compose_passes_on_what_a_host_may_set_in_public() -> None:
    passed = parsed("docker-compose.yml")["services"]["worker"]["environment"]

    of_other_places = {"DATA_DIR", "DEMO", "GAME_CLOCK", "HOST", "METRICS_DIR", "PORT"}
    never_in_public = {"DEBUG", "OUTBOUND_LOOPBACK", "RATE_LIMITS"}
    assert set(VARIABLES) - set(passed) == of_other_places | never_in_public


def test_what_watches_needs_the_same_versions_as_all_else() -> None:
    base, more = (
        set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.txt", "requirements-observability.txt")
    )

    assert base < more


def test_compose_believes_the_gateway_of_its_own_network_alone() -> None:
    compose = parsed("docker-compose.yml")

    (network,) = compose["networks"]["default"]["ipam"]["config"]
    believed = compose["services"]["web"]["environment"]["TRUSTED_PROXIES"]
    assert believed == f"${{TRUSTED_PROXIES:-{network['gateway']}}}"
    assert ip_address(network["gateway"]) in ip_network(network["subnet"])


def test_the_image_runs_as_a_user_of_its_own_and_says_how_it_is() -> None:
    *_, last_stage = (ROOT / "Dockerfile").read_text().split("\nFROM ")

    assert "\nUSER fantasy\n" in last_stage
    assert "\nHEALTHCHECK " in last_stage
    assert "/health" in last_stage


def test_ci_runs_on_every_python_with_and_without_services() -> None:
    workflow = parsed(".github/workflows/ci.yml")

    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]
    assert set(workflow["jobs"]) == {"lint", "test"}
    assert matrix == {"python": ["3.11", "3.12", "3.13"], "services": ["none", "postgres-and-redis"]}


def test_pre_commit_fetches_nothing() -> None:
    config = parsed(".pre-commit-config.yaml")

    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    assert {hook["language"] for hook in config["repos"][0]["hooks"]} == {"system"}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-observability.txt", "requirements-dev.txt"])
def test_requirements_are_exact_hashed_and_name_no_index(name: str) -> None:
    lines = (ROOT / name).read_text().replace("\\\n", " ").splitlines()

    assert lines
    assert all(re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+ .*--hash=sha256:", line) for line in lines)
    assert "://" not in "".join(lines)


@pytest.mark.parametrize("name", ["Makefile", "Dockerfile"])
def test_what_the_requirements_name_is_installed_and_nothing_is_looked_up(name: str) -> None:
    """A release that is newer than a pin must never get into the choice: pip would take it, and miss its hash."""
    (install,) = re.findall(r"pip install .*", (ROOT / name).read_text())

    assert {"--no-deps", "--require-hashes"} <= set(install.split())


def test_the_requirements_need_nothing_that_they_do_not_name() -> None:
    checked = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)

    assert checked.stdout == "No broken requirements found.\n"


def test_the_version_is_said_once_and_the_same() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == __version__
