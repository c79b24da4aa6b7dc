"""What pages weigh on their way to a phone, with everything they load."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from demo.league import PLAYER, Demo
from leagues.models import Constructor

LIMIT = 150_000  # bytes


def weight(client: Client, address: str) -> tuple[int, str]:
    """→ (bytes as sent, text of the answer)"""
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer["Content-Encoding"]) == (200, "gzip"), address
    plain = "" if answer.streaming else client.get(address).content.decode()
    return len(b"".join(answer.streaming_content) if answer.streaming else answer.content), plain


@pytest.mark.same_anywhere
@pytest.mark.parametrize("page", ["drivers", "room"])
def test_a_page_weighs_little_with_all_that_it_loads(demo: Demo, client: Client, page: str) -> None:
    client.force_login(Constructor.objects.get(league=demo.league, user__username=PLAYER).user)
    room = reverse("drafts:room", args=[demo.league.pk, demo.race.pk])

    total, html = weight(client, room if page == "room" else reverse("races:drivers"))
    assets = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', html))
    for asset in assets:
        total += weight(client, asset)[0]

    assert len(assets) > 15
    assert total < LIMIT
