"""Pushes, to a push server that can be in any mood."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from accounts import access, identity, signins
from accounts.models import SignIn, User
from fantasy_f1.core import outbound
from fantasy_f1.core.errors import DomainError
from notifications import browsers, delivery, outgoing, routing, webpush
from notifications.models import Channel, Delivery, Notification, PushSubscription
from tests.contention import outcomes as outcomes_of
from tests.factories import RaceFactory, UserFactory
from tests.pushing import PushedTo, sender_of
from tests.receiver import Receiver, closed_port

pytestmark = pytest.mark.django_db
Type = Notification.Type
FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


@pytest.fixture
def server(settings: Settings) -> Iterator[Receiver]:
    settings.OUTBOUND_LOOPBACK = True
    with Receiver() as server:
        server.usual = "201"
        yield server


@pytest.fixture
def ana() -> User:
    return UserFactory(username="ana")


@pytest.fixture
def phone() -> PushedTo:
    return PushedTo()


def subscribe(
    user: User, server: Receiver, browser: PushedTo, *, path: str = "", sign_in: SignIn | None = None
) -> PushSubscription:
    return browsers.subscribe(
        user=user,
        sign_in=sign_in,
        endpoint=server.url + path,
        **browser.keys,
        user_agent=FIREFOX,
        now=timezone.now(),
    )[0]


def tell(user: User, kind: str = Type.PICK_TURN, title: str = "Your turn", **values: Any) -> Notification:
    """Told, and routed."""
    made = Notification.objects.create(
        user=user,
        type=kind,
        title=title,
        dedupe_key=f"{kind}:{title[:20]}",
        **({"message": "Pick 3 is yours."} | values),
    )
    routing.route_new()
    return made


def outcomes() -> list[tuple[str, str]]:
    return list(Delivery.objects.filter(channel=Channel.PUSH).order_by("pk").values_list("state", "error"))


def test_a_push_can_be_read_by_the_browser_and_says_who_sent_it(
    server: Receiver, ana: User, phone: PushedTo, settings: Settings
) -> None:
    browser = subscribe(ana, server, phone)
    told = tell(ana)

    delivery.deliver()

    [got] = server.got
    assert phone.read(got) == {
        "title": "Your turn",
        "text": "Pick 3 is yours.",
        "link": f"/notifications/{told.pk}/",
        "tag": f"notification-{told.pk}",
    }
    key, claims = sender_of(got, audience=f"http://127.0.0.1:{server.port}")
    assert key == webpush.public_key(settings.VAPID_PRIVATE_KEY)
    assert claims["sub"] == "mailto:fantasy-f1@localhost"
    assert timedelta() < datetime.fromtimestamp(claims["exp"], UTC) - timezone.now() < timedelta(hours=24)
    assert {name: got.headers[name] for name in ("Content-Encoding", "TTL", "Topic", "Urgency")} == {
        "Content-Encoding": "aes128gcm",
        "TTL": "86400",
        "Topic": f"notification-{told.pk}",
        "Urgency": "high",
    }
    browser.refresh_from_db()
    assert outcomes() == [("sent", "")]
    assert browser.last_used_at is not None


def test_it_is_kept_no_longer_than_it_is_of_use(server: Receiver, ana: User, phone: PushedTo) -> None:
    subscribe(ana, server, phone)
    with time_machine.travel(datetime(2026, 7, 22, 9, tzinfo=UTC), tick=False):
        tell(ana, useful_until=timezone.now() + timedelta(minutes=5))
        tell(ana, Type.RACE_FINISHED)
        delivery.deliver()

    assert [(got.headers["TTL"], got.headers["Urgency"]) for got in server.got] == [
        ("300", "high"),
        ("86400", "normal"),
    ]


def test_the_host_may_be_written_to_at_the_site(
    server: Receiver, ana: User, phone: PushedTo, settings: Settings
) -> None:
    settings.BASE_URL, settings.USES_HTTPS = "https://f1.example.com", True
    subscribe(ana, server, phone)
    tell(ana)

    delivery.deliver()

    _, claims = sender_of(server.got[0], audience=f"http://127.0.0.1:{server.port}")
    assert claims["sub"] == "https://f1.example.com"


def test_the_longest_text_fits(server: Receiver, ana: User, phone: PushedTo) -> None:
    subscribe(ana, server, phone)
    tell(ana, title="\U0001f3ce" * 120, message="\U0001f3c1" * 500)

    delivery.deliver()

    assert phone.read(server.got[0])["text"] == "\U0001f3c1" * 500
    assert len(server.got[0].body) <= 4096


def test_every_browser_of_a_person_is_told_and_nobody_elses(server: Receiver, ana: User, phone: PushedTo) -> None:
    subscribe(ana, server, phone)
    subscribe(ana, server, PushedTo(), path="/laptop")
    subscribe(UserFactory(), server, PushedTo(), path="/theirs")
    tell(ana)

    delivery.deliver()
    delivery.deliver()

    assert [got.path for got in server.got] == ["/hook", "/hook/laptop"]


@pytest.mark.parametrize("status", ["404", "410"])
def test_a_browser_that_is_gone_is_forgotten(server: Receiver, ana: User, phone: PushedTo, status: str) -> None:
    subscribe(ana, server, phone)
    tell(ana)
    server.answers(status)

    delivery.deliver()

    assert outcomes() == [("dropped", "The browser does not want to be told any more.")]
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize("status", ["400", "403", "413"])
def test_what_is_refused_is_given_up(server: Receiver, ana: User, phone: PushedTo, status: str) -> None:
    subscribe(ana, server, phone)
    tell(ana)
    server.answers(status)

    delivery.deliver()

    assert outcomes() == [("failed", f"The push server said {status}: thank you")]


@pytest.mark.parametrize(("reply", "after"), [("429 3600", timedelta(hours=1)), ("503", timedelta(seconds=30))])
def test_what_may_pass_is_tried_again_when_the_server_likes(
    server: Receiver, ana: User, phone: PushedTo, reply: str, after: timedelta
) -> None:
    subscribe(ana, server, phone)
    with time_machine.travel(datetime(2026, 7, 22, 9, tzinfo=UTC), tick=False) as traveller:
        tell(ana)
        server.answers(reply)
        delivery.deliver()
        [waiting] = Delivery.objects.filter(channel=Channel.PUSH)
        earliest = timezone.now() + after
        traveller.move_to(waiting.next_at)
        delivery.deliver()

    assert (waiting.state, waiting.error) == ("waiting", f"The push server said {reply[:3]}.")
    assert earliest <= waiting.next_at < earliest + timedelta(seconds=10)
    assert outcomes() == [("sent", "")]


def test_a_server_that_is_away_is_asked_again(server: Receiver, ana: User, phone: PushedTo) -> None:
    subscribe(ana, server, phone)
    PushSubscription.objects.update(endpoint=f"http://127.0.0.1:{closed_port()}/")
    tell(ana)

    delivery.deliver()

    assert outcomes() == [("waiting", "There was no connection (NewConnectionError).")]


def test_what_got_no_answer_may_have_arrived(server: Receiver, ana: User, phone: PushedTo) -> None:
    subscribe(ana, server, phone)
    tell(ana)
    server.answers(lambda handler: None)

    delivery.deliver()

    [(state, error)] = outcomes()
    assert state == "failed"
    assert error.startswith(outgoing.MAY_HAVE_ARRIVED)


def test_an_address_that_leads_inside_by_now_is_not_called(
    server: Receiver, ana: User, phone: PushedTo, settings: Settings
) -> None:
    subscribe(ana, server, phone)
    tell(ana)
    settings.OUTBOUND_LOOPBACK = False

    delivery.deliver()

    assert outcomes() == [("failed", "The address must begin with https://.")]
    assert server.got == []


def test_a_browser_that_was_removed_gets_nothing_that_was_on_its_way(
    server: Receiver, ana: User, phone: PushedTo
) -> None:
    browser = subscribe(ana, server, phone)
    tell(ana)
    browsers.unsubscribe(user=ana, pk=browser.pk)

    delivery.deliver()

    assert outcomes() == [("dropped", "This browser is not told any more.")]
    assert server.got == []


def test_a_push_gives_no_result_away_behind_a_shield(server: Receiver, ana: User, phone: PushedTo) -> None:
    race = RaceFactory(name="Moon Grand Prix")
    User.objects.update(results_until=race.starts_at - timedelta(hours=1))
    subscribe(ana, server, phone)
    tell(ana, Type.RACE_FINISHED, "Moon Grand Prix: 25 points", race=race)

    delivery.deliver()

    shown = phone.read(server.got[0])
    assert (shown["title"], shown["text"]) == (
        "Moon Grand Prix: the points are in",
        "Hidden by your spoiler shield until you show the result.",
    )


# Subscribing ------------------------------------------------------------------------------------


def test_subscribing_is_safe_to_repeat(server: Receiver, ana: User, phone: PushedTo) -> None:
    first = subscribe(ana, server, phone)

    assert subscribe(ana, server, phone) == first
    assert (first.device, str(first)) == ("Firefox on Android",) * 2


def signed_in(user: User, key: str, now: datetime) -> SignIn:
    origin = signins.Origin(FIREFOX, "192.0.2.7")
    kind = SignIn.Kind.BROWSER
    return signins.begin(user=user, kind=kind, key=key, origin=origin, lasts=timedelta(weeks=2), now=now)


@pytest.mark.parametrize(
    "end",
    [
        lambda ana, here, there, now: signins.end(user=ana, pk=there.pk, now=now),
        lambda ana, here, there, now: signins.end_all(user=ana, keep=here, now=now),
        lambda ana, here, there, now: signins.session_ended(key=there.key, now=now),
        lambda ana, here, there, now: identity.set_password(user=ana, password="another long one", keep=here, now=now),
    ],
    ids=["ended", "ended all others", "logged out", "new password"],
)
def test_a_browser_that_is_signed_out_is_told_nothing_more(
    server: Receiver, ana: User, phone: PushedTo, now: datetime, end: Callable[[User, SignIn, SignIn, datetime], object]
) -> None:
    here, there = signed_in(ana, "here", now), signed_in(ana, "there", now)
    kept = [
        subscribe(ana, server, PushedTo(), path="/here", sign_in=here),
        subscribe(ana, server, PushedTo(), path="/an-old-one"),
        subscribe(UserFactory(), server, PushedTo(), path="/theirs", sign_in=signed_in(UserFactory(), "theirs", now)),
    ]
    subscribe(ana, server, phone, path="/there", sign_in=there)

    end(ana, here, there, now)

    assert set(PushSubscription.objects.all()) == set(kept)


def test_a_browser_belongs_to_the_sign_in_that_asked_last(
    server: Receiver, ana: User, phone: PushedTo, now: datetime
) -> None:
    first, second = signed_in(ana, "first", now), signed_in(ana, "second", now)
    for sign_in in (first, second):
        subscribe(ana, server, phone, sign_in=sign_in)

    signins.end(user=ana, pk=first.pk, now=now)
    assert browsers.of(ana).count() == 1
    signins.end(user=ana, pk=second.pk, now=now)
    assert browsers.of(ana).count() == 0


def test_who_did_not_come_for_weeks_is_told_on(server: Receiver, ana: User, phone: PushedTo, now: datetime) -> None:
    subscribe(ana, server, phone, sign_in=signed_in(ana, "here", now))

    access.clean_up(now + timedelta(days=60))

    assert not SignIn.objects.exists()
    assert browsers.of(ana).count() == 1


def test_a_browser_tells_who_asked_last(server: Receiver, ana: User, phone: PushedTo) -> None:
    before = subscribe(ana, server, phone)
    tell(ana)
    bo = UserFactory()

    after = subscribe(bo, server, phone)
    delivery.deliver()

    assert list(PushSubscription.objects.values_list("user", flat=True)) == [bo.pk]
    assert before.pk != after.pk
    assert server.got == []


def renewed(browser: PushSubscription, **to: str) -> PushSubscription:
    return browsers.renew(**{"old_endpoint": browser.endpoint, "old_auth": browser.auth, **PushedTo().keys, **to})


def test_a_browser_that_moved_gets_what_was_on_its_way(server: Receiver, ana: User, phone: PushedTo) -> None:
    browser = subscribe(ana, server, phone)
    tell(ana)
    moved = PushedTo()

    renewed(browser, endpoint=f"{server.url}/moved", **moved.keys)
    delivery.deliver()

    [got] = server.got
    assert (got.path, moved.read(got)["title"]) == ("/hook/moved", "Your turn")
    assert list(ana.push_subscriptions.values_list("pk", flat=True)) == [browser.pk]
    with pytest.raises(browsers.NoSuchBrowser):
        renewed(browser, endpoint=f"{server.url}/moved")


def test_a_browser_that_is_removed_while_it_moves_is_gone(
    server: Receiver, ana: User, phone: PushedTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = subscribe(ana, server, phone)
    monkeypatch.setattr(outbound, "check", lambda url: browsers.unsubscribe(user=ana, pk=browser.pk))

    with pytest.raises(browsers.NoSuchBrowser):
        renewed(browser, endpoint=f"{server.url}/moved")

    assert not PushSubscription.objects.exists()


def test_a_browser_moves_to_where_it_was_switched_on_anew(server: Receiver, ana: User, phone: PushedTo) -> None:
    before, after = subscribe(ana, server, phone), subscribe(ana, server, PushedTo(), path="/moved")

    assert renewed(before, endpoint=after.endpoint) == before
    assert ana.push_subscriptions.count() == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"old_auth": PushedTo(auth=b"somebody elses..").keys["auth"]}, "not_found"),
        ({"old_endpoint": "https://push.example.com/other"}, "not_found"),
        ({"endpoint": "https://10.0.0.7/push"}, "address_refused"),
        ({"auth": "short"}, "invalid"),
    ],
)
def test_a_move_that_is_not_proven_or_not_possible_changes_nothing(
    server: Receiver, ana: User, phone: PushedTo, given: dict[str, str], code: str
) -> None:
    browser = subscribe(ana, server, phone)

    with pytest.raises(DomainError) as refused:
        renewed(browser, **({"endpoint": f"{server.url}/moved"} | given))

    assert refused.value.code == code
    assert PushSubscription.objects.get().endpoint == server.url


def test_ten_browsers_are_the_most(server: Receiver, ana: User) -> None:
    for number in range(10):
        subscribe(ana, server, PushedTo(), path=f"/{number}")

    with pytest.raises(browsers.TooManyBrowsers):
        subscribe(ana, server, PushedTo(), path="/one-too-many")
    assert browsers.of(ana).count() == 10


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_get_in_than_may(server: Receiver, ana: User) -> None:
    for number in range(9):
        subscribe(ana, server, PushedTo(), path=f"/{number}")

    def join(path: str) -> object:
        return lambda: subscribe(ana, server, PushedTo(), path=path)

    assert outcomes_of([join("/a"), join("/b"), join("/c")]) == {"won": 1, "too_many_browsers": 2}  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"endpoint": "https://10.0.0.7/push"}, "address_refused", "endpoint"),
        ({"endpoint": "ftp://push.example.com/"}, "address_refused", "endpoint"),
        ({"p256dh": "nonsense"}, "invalid", "keys"),
        ({"auth": "short"}, "invalid", "keys"),
    ],
)
def test_nonsense_is_refused(ana: User, phone: PushedTo, change: dict[str, str], code: str, field: str) -> None:
    given = {"endpoint": "https://127.0.0.1/", **phone.keys} | change

    with pytest.raises(DomainError) as refused:
        browsers.subscribe(user=ana, sign_in=None, **given, user_agent=FIREFOX, now=timezone.now())

    assert (refused.value.code, refused.value.field) == (code, field)


def test_without_a_key_none_is_offered_and_none_is_told(
    server: Receiver, ana: User, phone: PushedTo, settings: Settings
) -> None:
    subscribe(ana, server, phone)
    settings.VAPID_PRIVATE_KEY = ""
    tell(ana)

    assert browsers.push_key() is None
    assert outcomes() == []
    with pytest.raises(browsers.PushUnavailable):
        subscribe(ana, server, PushedTo())


def test_the_command_prints_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("vapid_key")

    assert len(webpush.decode(capsys.readouterr().out.strip())) == 32
