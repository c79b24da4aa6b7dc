import re

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from tests.factories import UserFactory

INLINE = re.compile(r"\s(style|on\w+|hx-on\S*)=|<style|<script(?![^>]*\ssrc=)")


@pytest.mark.django_db
@pytest.mark.parametrize("signed_in", [False, True])
def test_start_page_needs_nothing_that_the_content_policy_forbids(client: Client, signed_in: bool) -> None:
    if signed_in:
        client.force_login(UserFactory())

    answer = client.get("/")

    assert answer.status_code == 200
    assert INLINE.findall(answer.content.decode()) == []
    assert "unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.django_db
def test_start_page_offers_visitors_an_account_and_others_their_own(client: Client) -> None:
    visitor = client.get("/").content.decode()
    client.force_login(UserFactory(full_name="Ana <Lopes>"))
    account = client.get("/").content.decode()

    assert reverse("accounts:register") in visitor
    assert reverse("accounts:profile") not in visitor
    assert "Hello, Ana &lt;Lopes&gt;" in account
    assert reverse("accounts:register") not in account


def test_page_for_a_crash_needs_no_context() -> None:
    assert "Engine failure" in render_to_string("500.html")
