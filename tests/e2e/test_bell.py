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


def signed_in(page: Page, client: Client, server: Served) -> Page:
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server.url}])
    return page


def test_it_follows_what_is_told_and_what_is_read_elsewhere(
    server: Served, open_browser: Callable[..., Page], client: Client
) -> None:
    user = UserFactory()
    client.force_login(user)
    page = signed_in(open_browser(server.url), client, server)
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


STREAMS = """
window.streams = [];
window.EventSource = class extends EventTarget {
  static CONNECTING = 0; static OPEN = 1; static CLOSED = 2;
  readyState = 1;
  constructor() { super(); window.streams.push(this); }
  close() { this.readyState = 2; }
};
"""


def test_a_stream_that_is_refused_is_asked_for_again(
    server: Served, open_browser: Callable[..., Page], client: Client
) -> None:
    client.force_login(UserFactory())
    page = signed_in(open_browser(server.url), client, server)
    page.add_init_script(STREAMS)
    page.clock.install()
    page.goto(reverse("races:calendar"))
    page.wait_for_function("window.streams.length === 1")

    for so_far in (1, 2):
        page.evaluate("() => { const it = streams.at(-1); it.readyState = 2; it.dispatchEvent(new Event('error')); }")
        assert page.evaluate("streams.length") == so_far
        for _ in range(60):
            page.clock.run_for(1_000)
            if page.evaluate("streams.length") > so_far:
                break

    assert page.evaluate("streams.length") == 3
