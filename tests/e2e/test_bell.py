"""The bell of an open page in a real browser, on a server that holds streams."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from notifications import service
from notifications.messages import Message
from notifications.models import Notification
from tests.factories import UserFactory
from tests.streaming import Served

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server() -> Iterator[Served]:
    served = Served()
    yield served
    served.stop()


def tell(user: User, key: str) -> None:
    service.create([(user.pk, Message(Notification.Type.LEAGUE, "News", "", "/", key))], now=timezone.now())


def test_it_follows_what_is_told_and_what_is_read_elsewhere(
    server: Served, open_browser: Callable[..., Page], client: Client
) -> None:
    user = UserFactory()
    client.force_login(user)
    page = open_browser(server.url)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server.url}])
    with page.expect_response(lambda answer: answer.url.endswith("/notifications/events")):
        page.goto(reverse("races:calendar"))
    page.evaluate("() => { window.isTheSame = true; }")
    bell = page.locator("#bell")
    expect(bell).to_have_attribute("aria-label", "Notifications")

    tell(UserFactory(), "for somebody else")
    tell(user, "first")
    expect(bell).to_have_attribute("aria-label", "Notifications: 1 unread")

    tell(user, "second")
    expect(bell).to_have_attribute("aria-label", "Notifications: 2 unread")

    service.mark_all_read(user=user)
    expect(bell).to_have_attribute("aria-label", "Notifications")
    assert page.evaluate("() => window.isTheSame"), "the page is still the one that was opened"
