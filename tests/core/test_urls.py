"""What holds at every address that can be read."""

import pytest
from django.test import Client
from django.urls import reverse

from demo.league import Demo
from drafts.models import Draft
from leagues.models import Constructor


@pytest.mark.django_db
def test_what_can_be_read_can_be_asked_for_its_head(client: Client, demo: Demo) -> None:
    league, team = demo.league, Constructor.objects.filter(league=demo.league).earliest("pk")
    client.force_login(league.creator)
    draft = Draft.objects.filter(league=league).earliest("pk")
    driver = demo.race.entries.earliest("pk").driver_id
    room = f"leagues/{league.pk}/drafts/{draft.race_id}"
    pages = [
        "/",
        "/health",
        "/ready",
        *(f"/{path}/" for path in ("leagues", "leagues/new", "leagues/join", "races", "drivers", "rules")),
        *(f"/leagues/{league.pk}/{path}" for path in ("", "settings/", "leaderboard/", "drafts/")),
        *(f"/{room}/{path}" for path in ("", "order/")),
        *(f"/accounts/{path}/" for path in ("login", "register", "profile", "password", "password/reset")),
        f"/join/{league.code}/",
        f"/leagues/{league.pk}/join/",
        f"/constructors/{team.pk}/",
        f"/races/{draft.race_id}/",
        f"/drivers/{driver}/",
        "/notifications/",
        "/api/docs/",
        "/api/schema/",
        reverse("admin:index"),
    ]
    data = ["auth/me", "leagues", "races", "drivers", "constructors", "notifications", f"drivers/{driver}"]
    data += [f"leagues/{league.pk}", f"leagues/{league.pk}/leaderboard", f"leagues/{league.pk}/drafts", room]
    data += [f"constructors/{team.pk}", f"constructors/{team.pk}/drafts/{draft.race_id}"]
    data += [f"races/{draft.race_id}{rest}" for rest in ("", "/results", "/scores")]
    addresses = pages + [f"/api/v1/{path}" for path in data]

    read = {address: client.get(address).status_code for address in addresses}
    asked = {address: client.head(address).status_code for address in addresses}

    assert asked == read
    assert set(read.values()) <= {200, 302}
