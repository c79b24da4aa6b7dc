"""Measures the main paths as ratios to a floor taken in the same run: ``make bench`` (docs/development.md).

Makes its own database (SQLite in a temporary folder, or a scratch one on ``TEST_DATABASE_URL``), interleaves floor and
app, and checks every answer before it is timed. Exits with 1 when a goal is missed.
"""

import argparse
import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

PARTS = ("scores", "notify", "draft-pick", "live")


@dataclass(frozen=True)
class Figure:
    """Medians, unless the name says otherwise; ``ratio`` is ours to the floor, to be at most ``goal``."""

    name: str
    floor_ms: float
    ours_ms: float
    ratio: float
    goal: float
    unit: str = "ms"

    @property
    def is_met(self) -> bool:
        return self.ratio <= self.goal


def median_ms(times: list[float]) -> float:
    return statistics.median(times) * 1000


def timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def compare(
    name: str,
    *,
    floor: Callable[[], object],
    ours: Callable[[], object],
    goal: float,
    rounds: int,
    between: Callable[[], object] = gc.collect,
) -> Figure:
    """Run floor and app in turn, ``rounds`` times each after one warm-up; ``between`` makes room before each."""
    floor_times, our_times = [], []
    for round_number in range(rounds + 1):
        gc.collect()
        pair = []
        for action in (floor, ours):
            between()
            pair.append(timed(action))
        if round_number:
            floor_times.append(pair[0])
            our_times.append(pair[1])
    floor_ms, ours_ms = median_ms(floor_times), median_ms(our_times)
    return Figure(name, round(floor_ms, 3), round(ours_ms, 3), round(ours_ms / floor_ms, 2), goal)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--leagues", type=int, default=300, help="leagues of ten teams that drafted the race")
    arguments.add_argument("--players", type=int, default=10_000, help="who are told of one race")
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--only", choices=PARTS, help="one part")
    arguments.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = arguments.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.test.utils import get_runner, setup_test_environment

    django.setup()
    setup_test_environment()
    from django.conf import settings

    runner = get_runner(settings)(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        from benchmarks import cases, draft_pick, notify
        from benchmarks.live import case as live

        runs: dict[str, Callable[[], list[Figure]]] = {
            "scores": lambda: cases.run(leagues=chosen.leagues, rounds=chosen.rounds),
            "notify": lambda: notify.run(players=chosen.players, rounds=min(chosen.rounds, 5)),
            "draft-pick": lambda: draft_pick.run(rounds=min(chosen.rounds, 5)),
            "live": lambda: live.run(rounds=chosen.rounds),
        }
        figures = [figure for name in PARTS if chosen.only in (None, name) for figure in runs[name]()]
    finally:
        runner.teardown_databases(databases)
    for figure in figures:
        mark = "ok" if figure.is_met else "MISSED"
        print(
            f"{figure.name:<44} floor {figure.floor_ms:>8.3f} {figure.unit}  "
            f"ours {figure.ours_ms:>8.3f} {figure.unit}  "
            f"{figure.ratio:>6.2f} × (goal ≤ {figure.goal:g} ×)  {mark}"
        )
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=2))
    return 0 if all(figure.is_met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
