"""Scores follow results and entry lists. Lost announcements are mended by ``scores.score_pending``."""

from datetime import datetime
from typing import Any

from drafts import points as pick_points
from fantasy_f1.core.events import published
from leagues import points as total_points
from races.events import EntryListChanged, ResultsAmended, ResultsPublished
from scoring.leaderboards import points_of_race, season_totals
from scoring.scores import score_race


def score(*, event: ResultsPublished | ResultsAmended | EntryListChanged, now: datetime, **kwargs: Any) -> None:
    score_race(race_id=event.race_id, now=now)


def connect() -> None:
    for change in (ResultsPublished, ResultsAmended, EntryListChanged):
        published.connect(score, sender=change)
    pick_points.register(points_of_race)
    total_points.register(season_totals)
