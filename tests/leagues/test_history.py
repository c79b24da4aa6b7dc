from datetime import datetime

import pytest

from fantasy_f1.core.events import publish
from leagues import chat, managers, membership
from leagues.events import ToldAgain
from leagues.history import history
from leagues.models import League
from tests.factories import SeasonFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_every_event_is_told_in_words(now: datetime) -> None:
    ana, bo = UserFactory(full_name="Ana"), UserFactory(full_name="Bo")
    league = managers.create_league(creator=ana, name="Ours", season=SeasonFactory(), now=now)
    managers.change_league(league_id=league.pk, actor=ana, now=now, max_teams=6, is_private=False)
    team = membership.join_league(league_id=league.pk, user=bo, team_name="Box", now=now)
    membership.rename_constructor(constructor_id=team.pk, team_name="Box Box", actor=bo, now=now)
    membership.recolour_constructor(constructor_id=team.pk, color=membership.COLOURS[4], actor=bo, now=now)
    managers.add_manager(league_id=league.pk, actor=ana, user=bo, now=now)
    membership.leave_league(league_id=league.pk, user=bo, now=now)
    membership.join_league(league_id=league.pk, user=bo, team_name="", now=now)
    membership.remove_constructor(constructor_id=team.pk, actor=ana, reason="Gone quiet", now=now)
    membership.invite_back(constructor_id=team.pk, actor=ana, now=now)
    managers.renew_code(league_id=league.pk, actor=ana, now=now)
    cy = UserFactory(full_name="Cy")
    offer = {"constructor_id": team.pk, "actor": ana, "now": now}
    membership.offer_team(to=cy, reason="No time", **offer)
    membership.withdraw_offer(**offer)
    membership.offer_team(to=cy, reason="No time", **offer)
    membership.join_league(league_id=league.pk, user=cy, team_name="", now=now)
    talk = {"league_id": league.pk, "actor": ana, "user": cy, "now": now}
    chat.mute(on=True, reason="Too loud", **talk)
    chat.mute(on=False, **talk)
    said = chat.say(league_id=league.pk, actor=cy, text="Sorry", now=now)
    chat.remove_message(league_id=league.pk, message_id=said.pk, actor=ana, now=now)
    publish(ToldAgain(league.pk, cy.pk, "The draft is open"), source=League.objects.get(), actor=ana, now=now)

    lines = [f"{line.who} {line.what}" for line in reversed(history(league))]

    assert lines == [
        "Ana created the league",
        "Ana changed the settings: max teams, private",
        "Bo joined with Box Box",
        "Bo named the team Box Box",
        "Bo gave Box Box another colour",
        "Ana changed the managers: Ana, Bo",
        "Bo left with Box Box",
        "Bo joined with Box Box",
        "Ana removed Box Box: Gone quiet",
        "Ana invited Box Box back",
        "Ana made a new code: the old invitations are void",
        "Ana offered Box Box to Cy: No time",
        "Ana ended the offer of Box Box",
        "Ana offered Box Box to Cy: No time",
        "Cy took over Box Box from Bo",
        "Ana muted Cy in the chat: Too loud",
        "Ana let Cy speak again in the chat",
        "Ana took out a message of Cy",
        "Ana had Cy told again: The draft is open",
    ]
