"""Scores follow results. Lost announcements are mended by ``scores.score_pending``."""

from datetime import datetime
from typing import Any

from drafts import points as pick_points
from fantasy_f1.core.events import published
from leagues import points as total_points
from races.events import ResultsAmended, ResultsPublished
from scoring.leaderboards import points_of_race, season_totals
from scoring.scores import score_race


def score(*, event: ResultsPublished | ResultsAmended, now: datetime, **kwargs: Any) -> None:
    score_race(race_id=event.race_id, now=now)


def connect() -> None:
    published.connect(score, sender=ResultsPublished)
    published.connect(score, sender=ResultsAmended)
    pick_points.register(points_of_race)
    total_points.register(season_totals)
