"""The page about what one is told where, browsers, and the way out of mails."""

import re
from datetime import time

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.export import export
from accounts.models import SignIn, User
from accounts.signals import account_closing
from notifications import browsers, preferences, unsubscribing
from notifications.models import Channel, Habits, Notification, Preference, PushSubscription
from tests.factories import UserFactory
from tests.pushing import PushedTo

pytestmark = pytest.mark.django_db
SETTINGS = "/notifications/settings/"
Type = Notification.Type


@pytest.fixture
def user(client: Client) -> User:
    user = UserFactory()
    client.force_login(user)
    return user


def ticked(content: str) -> set[str]:
    return set(re.findall(r'name="([a-z_]+:[a-z]+)"[^>]*checked', content))


def test_the_page_shows_what_holds(client: Client, user: User, settings: Settings) -> None:
    settings.EMAIL_VERIFICATION = True
    preferences.set_preferences(user=user, off=[(Type.DRAFT_OPEN, Channel.EMAIL)], digest="daily", digest_at=time(20))

    content = client.get(SETTINGS).content.decode()

    assert ticked(content) == {
        "draft_open:push",
        "pick_turn:email",
        "pick_turn:push",
        "reminder:email",
        "reminder:push",
        "race_finished:email",
        "race_finished:push",
        "results_amended:push",
        "league:push",
    }
    assert "For the host" not in content
    assert 'value="20:00"' in content
    assert "No mails are sent" not in content


def test_the_host_alone_may_hear_what_is_for_the_host(client: Client) -> None:
    client.force_login(UserFactory(is_superuser=True))

    assert {"host:email", "host:push"} <= ticked(client.get(SETTINGS).content.decode())


def test_exactly_what_is_ticked_is_on_afterwards(client: Client, user: User) -> None:
    given = {
        "league:email": "on",
        "pick_turn:push": "on",
        "quiet_from": "22:30",
        "quiet_until": "07:00",
        "digest": "daily",
        "digest_at": "18:30",
    }

    answer = client.post(SETTINGS, given)

    assert answer["Location"] == SETTINGS
    assert preferences.wanted([user.pk])[user.pk] == {
        ("league", "email"),
        ("pick_turn", "push"),
        ("host", "email"),
        ("host", "push"),
    }
    habits = Habits.objects.get()
    assert (habits.quiet_from, habits.quiet_until) == (time(22, 30), time(7))
    assert (habits.digest, habits.digest_at) == ("daily", time(18, 30))
    assert client.post(SETTINGS, given)["Location"] == SETTINGS


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"quiet_from": "22:00"}, "Quiet hours have a beginning and an end, or neither."),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "Quiet hours end at another time than they begin."),
        ({"quiet_from": "x"}, "Enter a valid time."),
        ({"digest": "hourly"}, "Select a valid choice."),
    ],
)
def test_what_makes_no_sense_changes_nothing(client: Client, user: User, given: dict[str, str], message: str) -> None:
    answer = client.post(SETTINGS, {"digest": "off", "digest_at": "18:00"} | given)

    assert answer.status_code == 400
    assert message in answer.content.decode()
    assert not Preference.objects.exists()
    assert not Habits.objects.exists()


def test_the_page_says_where_nothing_is_sent(client: Client, user: User, settings: Settings) -> None:
    settings.VAPID_PRIVATE_KEY = ""

    content = client.get(SETTINGS).content.decode()

    assert "No mails are sent by this site" in content
    assert "This site sends no pushes" in content


def test_the_page_says_that_an_address_is_to_be_confirmed(client: Client, settings: Settings) -> None:
    settings.EMAIL_VERIFICATION = True
    client.force_login(UserFactory(email_verified_at=None))

    assert "Mails reach you once your address is confirmed" in client.get(SETTINGS).content.decode()


def test_other_pages_lead_there(client: Client, user: User) -> None:
    for page in ("/notifications/", "/accounts/profile/"):
        assert f'href="{SETTINGS}"' in client.get(page).content.decode()


# Browsers ---------------------------------------------------------------------------------------


def test_a_browser_is_added_and_removed(client: Client, user: User, settings: Settings) -> None:
    settings.OUTBOUND_LOOPBACK = True
    given = {"endpoint": "https://127.0.0.1:9999/push", **PushedTo().keys}
    agent = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36"}

    added = client.post("/notifications/browsers/", given, headers=agent, follow=True).content.decode()
    [browser] = browsers.of(user)
    assert browser.sign_in == SignIn.objects.get(user=user)
    removed = client.post(f"/notifications/browsers/{browser.pk}/remove/", follow=True).content.decode()
    again = client.post(f"/notifications/browsers/{browser.pk}/remove/", follow=True).content.decode()

    assert "This browser tells you from now on." in added
    assert "Chrome on Windows" in added
    assert "Chrome on Windows tells you nothing any more." in removed
    assert "This browser was removed already." in again
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Your browser gave no address to send to."),
        ({"endpoint": "http://127.0.0.1/", **PushedTo().keys}, "The address must begin with https://."),
    ],
)
def test_a_browser_without_an_address_is_refused(
    client: Client, user: User, given: dict[str, str], message: str
) -> None:
    assert message in client.post("/notifications/browsers/", given, follow=True).content.decode()
    assert not PushSubscription.objects.exists()


def test_a_browser_that_moved_says_so_by_itself(client: Client, user: User, settings: Settings) -> None:
    settings.OUTBOUND_LOOPBACK = True
    old, new = PushedTo().keys, PushedTo().keys
    browser = PushSubscription.objects.create(user=user, endpoint="https://127.0.0.1:9999/old", **old)
    worker = Client(enforce_csrf_checks=True)
    moved = {"endpoint": "https://127.0.0.1:9999/new", **new, "old_endpoint": browser.endpoint, "old_auth": old["auth"]}

    answers = [worker.post("/notifications/browsers/renew/", given) for given in ({}, moved, moved)]

    assert [answer.status_code for answer in answers] == [400, 204, 404]
    browser.refresh_from_db()
    assert (browser.endpoint, browser.p256dh, browser.user) == ("https://127.0.0.1:9999/new", new["p256dh"], user)


def test_nobody_removes_a_browser_of_somebody_else(client: Client, user: User) -> None:
    other = PushSubscription.objects.create(user=UserFactory(), endpoint="https://1.1.1.1/")

    client.post(f"/notifications/browsers/{other.pk}/remove/")

    assert PushSubscription.objects.get() == other


def test_the_service_worker_may_open_any_page_and_is_never_old(client: Client) -> None:
    answer = client.get("/sw.js")

    assert answer["Content-Type"] == "text/javascript"
    assert answer["Cache-Control"] == "no-cache"
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_a_phone_can_keep_the_app(client: Client) -> None:
    manifest = client.get("/app.webmanifest").json()

    assert (manifest["display"], manifest["start_url"]) == ("standalone", "/")
    assert all(client.get(icon["src"]).status_code == 200 for icon in manifest["icons"])
    assert 'rel="manifest" href="/app.webmanifest"' in client.get("/").content.decode()


# Unsubscribing ----------------------------------------------------------------------------------


def is_on(user: User, *types: str) -> list[bool]:
    on = preferences.wanted([user.pk])[user.pk]
    return [(kind, Channel.EMAIL) in on for kind in types]


def test_a_mail_program_ends_such_mails_at_once(user: User) -> None:
    path = unsubscribing.path_for(user, [Type.PICK_TURN])
    program = Client(enforce_csrf_checks=True)

    looked = program.get(path)
    before = is_on(user, Type.PICK_TURN)
    answers = [program.post(path, {"List-Unsubscribe": "One-Click"}) for _ in range(2)]

    assert "Stop these mails" in looked.content.decode()
    assert before == [True]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert "no more mails about <strong>Your turn</strong>" in answers[0].content.decode()
    assert is_on(user, Type.PICK_TURN, Type.DRAFT_OPEN) == [False, True]
    assert (Type.PICK_TURN, Channel.PUSH) in preferences.wanted([user.pk])[user.pk]


def test_all_mails_can_be_ended(user: User) -> None:
    path = unsubscribing.path_for(user, [Type.PICK_TURN])

    page = Client().post(path, {"all": "1"}).content.decode()

    assert "You get no mails about what happens in your leagues any more." in page
    assert is_on(user, *Type.values) == [False] * len(Type.values)


def test_the_link_of_a_digest_ends_all_that_is_in_it(user: User) -> None:
    path = unsubscribing.path_for(user, [Type.LEAGUE, Type.DRAFT_OPEN, Type.LEAGUE])

    assert "<strong>Draft open, League news</strong>" in Client().get(path).content.decode()
    Client().post(path)

    assert is_on(user, Type.LEAGUE, Type.DRAFT_OPEN, Type.PICK_TURN) == [False, False, True]


@pytest.mark.parametrize("broken", ["x", "a.b:c:d"])
def test_a_link_that_was_tampered_with_does_nothing(client: Client, user: User, broken: str) -> None:
    good = unsubscribing.path_for(user, [Type.PICK_TURN])

    for path in (f"/notifications/unsubscribe/{broken}/", good.replace(":", ":x", 1)):
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code == 400
    assert is_on(user, Type.PICK_TURN) == [True]


def test_a_link_outlives_years_but_not_the_account(user: User) -> None:
    path = unsubscribing.path_for(user, [Type.PICK_TURN])
    User.objects.update(is_active=False)

    assert Client().get(path).status_code == 400


# What is kept -----------------------------------------------------------------------------------


def test_what_was_chosen_is_exported_and_goes_with_the_account(user: User) -> None:

    preferences.set_preferences(user=user, on=[(Type.LEAGUE, Channel.EMAIL)], digest="daily")
    PushSubscription.objects.create(user=user, endpoint="https://1.1.1.1/", device="Firefox on Android")

    kept = export(user)["notification_preferences"]
    account_closing.send(sender=User, user=user, now=timezone.now(), for_good=False)
    for_a_while = (PushSubscription.objects.count(), Preference.objects.count(), Habits.objects.count())
    account_closing.send(sender=User, user=user, now=timezone.now(), for_good=True)

    assert kept["ways"] == [{"type": "league", "channel": "email", "is_on": True}]
    assert kept["habits"]["digest"] == "daily"
    assert [browser["device"] for browser in kept["browsers"]] == ["Firefox on Android"]
    assert for_a_while == (0, 1, 1)
    assert (Preference.objects.count(), Habits.objects.count()) == (0, 0)
