"""Results of any session, as stored rows."""

from datetime import datetime, timedelta
from typing import Any

from races.models import Driver, Race, RaceResult, ResultRevision, Session, Team

Line = tuple[Driver, Team, dict[str, Any]]


def publish_sheet(
    race: Race,
    lines: list[Line],
    *,
    session: str = Session.GRAND_PRIX,
    changes: list[str] | None = None,
    at: datetime | None = None,
) -> ResultRevision:
    """The next version of a session's result: (driver, team, other fields) in the order of the sheet."""
    earlier = race.revisions.filter(session=session)
    earlier.update(is_current=False)
    revision = ResultRevision.objects.create(
        race=race,
        session=session,
        number=earlier.count() + 1,
        source=ResultRevision.Source.JOLPICA,
        digest="x" * 64,
        changes=changes or [],
        created_at=at or race.starts_at + timedelta(hours=3),
    )
    for place, (driver, team, fields) in enumerate(lines, start=1):
        RaceResult.objects.create(
            **{
                "revision": revision,
                "race": race,
                "session": session,
                "driver": driver,
                "team": team,
                "position": place,
                "position_text": str(place),
                **fields,
            }
        )
    return revision
