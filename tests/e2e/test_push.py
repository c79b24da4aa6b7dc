"""Push in a real browser: leave is asked for after a click alone, and what comes is shown.

The servers of the browser's maker are not reached from here: one of ours stands in for them, and the browser is handed
what it got.
"""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Worker, expect
from pytest_django import Settings

from accounts.models import User
from demo.league import PLAYER, Demo
from notifications import delivery, routing, webpush
from notifications.models import Notification, PushSubscription
from tests.e2e.browsing import NewPage, faults_of, log_in
from tests.pushing import PushedTo
from tests.receiver import Receiver

STAND_IN = """
const given = () => ({
  ...GIVEN,
  options: { applicationServerKey: Uint8Array.from(JSON.parse(sessionStorage.pushed)).buffer },
  toJSON: () => GIVEN,
  unsubscribe: async () => { delete sessionStorage.pushed; },
});
PushManager.prototype.getSubscription = async () => (sessionStorage.pushed ? given() : null);
PushManager.prototype.subscribe = async (options) => {
  if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) throw new Error("refused");
  sessionStorage.pushed = JSON.stringify([...options.applicationServerKey]);
  return given();
};
window.asked = 0;
const ask = Notification.requestPermission.bind(Notification);
Notification.requestPermission = () => { window.asked += 1; return ask(); };
"""


@pytest.fixture
def server(settings: Settings) -> Iterator[Receiver]:
    settings.OUTBOUND_LOOPBACK = True
    with Receiver() as server:
        server.usual = "201"
        yield server


SHOWN = """async () => {
  const shown = await (await navigator.serviceWorker.ready).getNotifications();
  return shown.length ? shown.map(({ title, body, data }) => [title, body, data.link]) : null;
}"""


def open_settings(page: Page) -> None:
    log_in(page, PLAYER)
    page.goto(reverse("notifications:settings"))


def push(page: Page, payload: dict[str, str]) -> None:
    """Hand it to the service worker, as the browser does with what came."""
    devtools = page.context.new_cdp_session(page)
    found: list[str] = []

    def note(event: dict[str, list[dict[str, str]]]) -> None:
        found.extend(each["registrationId"] for each in event["registrations"])

    devtools.on("ServiceWorker.workerRegistrationUpdated", note)
    for _ in range(100):  # what is registered is told when the tools are switched on, and now and then is not
        devtools.send("ServiceWorker.enable")
        page.wait_for_timeout(100)
        if found:
            break
        devtools.send("ServiceWorker.disable")
    assert found, "no service worker was told of"
    origin = page.evaluate("location.origin")
    devtools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": origin, "registrationId": found[0], "data": json.dumps(payload)},
    )


def test_a_browser_is_asked_after_the_click_and_shows_what_comes(
    demo: Demo, new_page: NewPage, server: Receiver
) -> None:
    browser = PushedTo()
    page = new_page(permissions=["notifications"])
    given = {"endpoint": server.url, "keys": browser.keys}
    page.add_init_script(f"const GIVEN = {json.dumps(given)}; {STAND_IN}")
    open_settings(page)
    button = page.get_by_role("button", name="Tell me in this browser")
    expect(button).to_be_visible()
    assert page.evaluate("asked") == 0

    button.click()
    expect(page.get_by_text("This browser tells you. To end that")).to_be_visible()
    expect(button).to_be_hidden()
    expect(page.get_by_text("Chrome on Linux (this one)")).to_be_visible()
    assert faults_of(page) == []

    user = User.objects.get(username=PLAYER)
    told = Notification.objects.create(
        user=user, type=Notification.Type.PICK_TURN, title="Your turn", message="Pick 3", dedupe_key="x"
    )
    routing.route_new()
    delivery.deliver()
    payload = browser.read(next(got for got in server.got if browser.read(got)["title"] == told.title))
    push(page, payload)

    assert page.wait_for_function(SHOWN).json_value() == [["Your turn", "Pick 3", f"/notifications/{told.pk}/"]]

    page.get_by_role("button", name="Remove Chrome on Linux").click()
    expect(page.get_by_text("Chrome on Linux tells you nothing any more.")).to_be_visible()
    assert not PushSubscription.objects.exists()
    assert page.evaluate("!sessionStorage.pushed")


def test_who_logs_out_is_told_nothing_more_in_this_browser(demo: Demo, new_page: NewPage, server: Receiver) -> None:
    page = new_page(permissions=["notifications"])
    given = {"endpoint": server.url, "keys": PushedTo().keys}
    page.add_init_script(f"const GIVEN = {json.dumps(given)}; {STAND_IN}")
    open_settings(page)
    page.get_by_role("button", name="Tell me in this browser").click()
    expect(page.get_by_text("This browser tells you. To end that")).to_be_visible()

    page.get_by_label(re.compile("^Account of")).click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("banner").get_by_role("link", name="Log in")).to_be_visible()

    assert page.evaluate("!sessionStorage.pushed")


def test_a_push_service_that_does_not_answer_holds_up_no_logout(
    demo: Demo, new_page: NewPage, server: Receiver
) -> None:
    page = new_page()
    page.add_init_script("ServiceWorkerContainer.prototype.getRegistration = () => new Promise(() => {});")
    log_in(page, PLAYER)

    page.get_by_label(re.compile("^Account of")).click()
    page.get_by_role("button", name="Log out").click()

    expect(page.get_by_role("banner").get_by_role("link", name="Log in")).to_be_visible()


def test_a_browser_that_was_switched_on_with_another_key_can_be_switched_on_anew(
    demo: Demo, new_page: NewPage, server: Receiver, settings: Settings
) -> None:
    page = new_page(permissions=["notifications"])
    given = {"endpoint": server.url, "keys": PushedTo().keys}
    page.add_init_script(f"const GIVEN = {json.dumps(given)}; {STAND_IN}")
    open_settings(page)
    button = page.get_by_role("button", name="Tell me in this browser")
    button.click()
    expect(page.get_by_text("This browser tells you. To end that")).to_be_visible()

    settings.VAPID_PRIVATE_KEY = webpush.new_key()
    page.reload()
    button.click()

    expect(page.get_by_text("This browser tells you. To end that")).to_be_visible()
    expect(button).to_be_hidden()


HAPPEN = """async ([name, given]) => {
  const doing = [];
  const event = Object.assign(new Event(name), given, { waitUntil: (promise) => doing.push(promise) });
  for (const each of ["oldSubscription", "newSubscription"]) {
    if (given[each]) event[each].toJSON = () => given[each];
  }
  if (event.notification) event.notification.close = () => did.push("close");
  dispatchEvent(event);
  await Promise.all(doing);
}"""
WINDOWS = """() => {
  self.did = [];
  WindowClient.prototype.focus = async function () { did.push("focus"); return this; };
  Clients.prototype.openWindow = async (url) => { did.push(url); };
}"""
"""Only after a real click windows may be focused and opened: here it is noted that they would be."""

CLAIMED = """async () => {
  const workers = navigator.serviceWorker;
  const claimed = new Promise((done) => workers.addEventListener("controllerchange", done, { once: true }));
  await workers.register("/sw.js");
  if (!workers.controller) await claimed;
}"""


def happen(worker: Worker, name: str, **given: object) -> None:
    """In the service worker, as if the browser said so."""
    worker.evaluate(HAPPEN, [name, given])


def worker_of(page: Page) -> Worker:
    """Once it has taken charge of the page."""
    page.evaluate(CLAIMED)
    return page.context.service_workers[0]


def test_a_click_on_what_was_shown_leads_to_its_page_in_an_open_window_or_a_new_one(
    demo: Demo, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(reverse("accounts:login"))
    worker = worker_of(page)
    worker.evaluate(WINDOWS)
    address = page.evaluate("location.origin") + reverse("scoring:rules")
    shown = {"data": {"link": reverse("scoring:rules")}}

    happen(worker, "notificationclick", notification=shown)
    expect(page).to_have_url(address)
    page.goto("about:blank")
    while worker.evaluate("async () => (await clients.matchAll()).length"):  # it goes on being there for a moment
        page.wait_for_timeout(50)
    happen(worker, "notificationclick", notification=shown)

    assert worker.evaluate("did") == ["close", "focus", "close", address]


def test_a_browser_that_gets_another_address_says_so(demo: Demo, new_page: NewPage, server: Receiver) -> None:
    old, new = PushedTo(), PushedTo()
    browser = PushSubscription.objects.create(
        user=User.objects.get(username=PLAYER), endpoint=server.url, **old.keys, device="Chrome on Linux"
    )
    page = new_page()
    page.goto("/")

    happen(
        worker_of(page),
        "pushsubscriptionchange",
        oldSubscription={"endpoint": server.url, "keys": old.keys},
        newSubscription={"endpoint": f"{server.url}/new", "keys": new.keys},
    )

    browser.refresh_from_db()
    assert (browser.endpoint, browser.p256dh) == (f"{server.url}/new", new.keys["p256dh"])


def test_who_blocked_us_is_told_how_to_change_it(
    demo: Demo, open_browser: Callable[..., Page], new_page: NewPage
) -> None:
    page = new_page()
    page.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' });")
    open_settings(page)

    expect(page.get_by_text("You have blocked notifications of this site.")).to_be_visible()
    expect(page.get_by_role("button", name="Tell me in this browser")).to_be_hidden()


def test_an_iphone_is_told_to_add_us_to_the_home_screen(demo: Demo, new_page: NewPage) -> None:
    page = new_page(user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) Safari/604.1")
    page.add_init_script("delete window.PushManager;")
    open_settings(page)

    expect(page.get_by_text("On an iPhone or iPad add this site to your home screen first")).to_be_visible()


def test_settings_work_without_scripts(demo: Demo, new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    open_settings(page)
    page.get_by_label("Draft update by Push").check()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Draft update by Push")).to_be_checked()
    expect(page.get_by_text("That takes JavaScript")).to_be_visible()
