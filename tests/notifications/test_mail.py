"""Mails, to a mail server that can be in any mood."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from notifications import delivery, outgoing, preferences, routing
from notifications.models import Channel, Delivery, Notification
from tests.contention import at_once
from tests.factories import RaceFactory, UserFactory
from tests.mailserver import HANG_UP, MailServer
from tests.receiver import closed_port

pytestmark = pytest.mark.django_db
Type = Notification.Type
State = Delivery.State


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_VERIFICATION = True
    with MailServer() as server:
        settings.EMAIL_PORT = server.port
        yield server


@pytest.fixture
def ana() -> User:
    return UserFactory(username="ana")


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
    return list(Delivery.objects.filter(channel=Channel.EMAIL).order_by("pk").values_list("state", "error"))


def test_a_mail_has_two_sides_a_link_and_the_ways_out(server: MailServer, ana: User) -> None:
    told = tell(ana, title="Your turn in <Paddock> & Åse")

    delivery.deliver()

    [mail] = server.mails
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    unsubscribe = mail["List-Unsubscribe"].strip(" <>")
    assert outcomes() == [("sent", "")]
    assert {name: mail[name] for name in ("To", "Subject", "Auto-Submitted", "List-Unsubscribe-Post")} == {
        "To": "ana@example.com",
        "Subject": "Your turn in <Paddock> & Åse",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert mail["Message-ID"] == f"<delivery-{Delivery.objects.get().pk}@localhost>"
    assert unsubscribe.startswith("http://localhost:8000/notifications/unsubscribe/")
    for side in (text, html):
        assert f"http://localhost:8000/notifications/{told.pk}/" in side
        assert "http://localhost:8000/notifications/settings/" in side
        assert unsubscribe in side
        assert "Pick 3 is yours." in side
        assert "the account ana" in side
        assert "Your turn." in side
    assert "Your turn in &lt;Paddock&gt; &amp; Åse</h1>" in html
    assert text.startswith("Your turn in <Paddock> & Åse")


def test_many_mails_share_a_connection(server: MailServer, ana: User) -> None:
    for number in range(3):
        tell(ana, title=f"Pick {number}")

    delivery.deliver()

    assert [mail["Subject"] for mail in server.mails] == ["Pick 0", "Pick 1", "Pick 2"]
    assert (server.heard.count("EHLO"), server.heard.count("QUIT")) == (1, 1)


def test_all_that_is_due_goes_out_however_much_it_is(server: MailServer, ana: User) -> None:
    for number in range(25):
        tell(ana, title=f"News {number}", is_read=number % 5 == 0)

    delivery.deliver()

    assert len(server.mails) == 20
    assert {state for state, _ in outcomes()} == {"sent", "dropped"}


def test_a_slow_server_does_not_outlast_the_task(
    server: MailServer, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LONGEST", 0)
    for number in range(25):
        tell(ana, title=f"News {number}")

    delivery.deliver()

    assert len(server.mails) == delivery.AT_A_TIME


def test_no_title_gets_into_the_head(server: MailServer, ana: User) -> None:
    tell(ana, title="Hello\r\nBcc: eve@example.com\n\nbody\u2028x")

    delivery.deliver()

    assert server.mails[0]["Subject"] == "Hello Bcc: eve@example.com body x"
    assert server.mails[0]["Bcc"] is None
    assert server.heard.count("RCPT") == 1


def test_an_address_that_is_refused_is_given_up(server: MailServer, ana: User) -> None:
    tell(ana)
    server.answers(RCPT="550 nobody here")

    delivery.deliver()

    assert outcomes() == [("failed", "The mail server refused the address (550).")]
    assert server.arrived == 0


@pytest.mark.parametrize(
    ("replies", "why"),
    [
        ({"RCPT": "450 greylisted"}, "The mail server refused the address (450)."),
        ({"MAIL": "421 too many"}, "The mail server refused the sender (421)."),
        ({"MAIL": "553 who are you"}, "The mail server refused the sender (553)."),
        ({"END": "451 disk full"}, "The mail server said (451, b'disk full')."),
        ({"EHLO": "421 busy", "HELO": "421 busy"}, "The mail server cannot be reached: (421, b'busy')"),
        ({"MAIL": HANG_UP}, "Connection unexpectedly closed"),
        ({"RCPT": HANG_UP}, "Connection unexpectedly closed"),
    ],
)
def test_what_may_pass_is_tried_again(server: MailServer, ana: User, replies: dict[str, str], why: str) -> None:
    begun = datetime(2026, 7, 22, 9, tzinfo=UTC)
    with time_machine.travel(begun, tick=False) as traveller:
        tell(ana)
        server.answers(**replies)
        delivery.deliver()
        delivery.deliver()
        [first] = outcomes()
        traveller.shift(timedelta(minutes=1))
        delivery.deliver()

    assert first == ("waiting", why)
    assert outcomes() == [("sent", "")]
    assert len(server.mails) == 1


def test_a_body_that_is_refused_is_given_up(server: MailServer, ana: User) -> None:
    tell(ana)
    server.answers(END="554 spam")

    delivery.deliver()

    assert outcomes() == [("failed", "The mail server said (554, b'spam').")]


def test_a_connection_that_was_closed_meanwhile_is_opened_again(server: MailServer, ana: User) -> None:
    tell(ana, title="one")
    tell(ana, title="two")
    server.answers(NOOP=HANG_UP)

    delivery.deliver()

    assert [mail["Subject"] for mail in server.mails] == ["one", "two"]
    assert outcomes() == [("sent", "")] * 2


def test_what_breaks_off_at_the_end_may_have_arrived_and_is_not_sent_twice(server: MailServer, ana: User) -> None:
    tell(ana, title="one")
    tell(ana, title="two")
    server.answers(END=HANG_UP)

    delivery.deliver()
    delivery.deliver()

    [(state, error), second] = outcomes()
    assert (state, error) == ("failed", f"{outgoing.MAY_HAVE_ARRIVED} Connection unexpectedly closed")
    assert second == ("sent", "")
    assert server.arrived == 2


def test_a_process_that_dies_between_handing_over_and_answer_sends_nothing_twice(
    server: MailServer, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*args: object, **kwargs: object) -> None:
        raise Killed

    with time_machine.travel(datetime(2026, 7, 22, 9, tzinfo=UTC), tick=False) as traveller:
        tell(ana)
        with monkeypatch.context() as patch:
            patch.setattr(outgoing._Claim, "finish", die)
            with pytest.raises(Killed):
                delivery.deliver()
        traveller.shift(outgoing.CLAIM + timedelta(seconds=1))
        delivery.deliver()

    assert outcomes() == [("failed", outgoing.MAY_HAVE_ARRIVED)]
    assert len(server.mails) == 1


def test_a_day_without_a_mail_server_loses_nothing(server: MailServer, ana: User, settings: Settings) -> None:
    settings.EMAIL_PORT = closed_port()
    with time_machine.travel(datetime(2026, 7, 22, 9, tzinfo=UTC), tick=False) as traveller:
        for number in range(3):
            tell(ana, title=f"News {number}")
        for _ in range(24 * 12):
            delivery.deliver()
            traveller.shift(timedelta(minutes=5))
        assert {state for state, _ in outcomes()} == {"waiting"}
        settings.EMAIL_PORT = server.port
        traveller.shift(timedelta(hours=12))
        delivery.deliver()

    assert outcomes() == [("sent", "")] * 3
    assert sorted(mail["Subject"] for mail in server.mails) == ["News 0", "News 1", "News 2"]


def test_who_waited_for_a_server_that_is_down_keeps_no_others_waiting(
    server: MailServer, ana: User, settings: Settings
) -> None:
    for number in range(3):
        tell(ana, title=f"News {number}")
    server.answers(EHLO=HANG_UP, HELO=HANG_UP)

    delivery.deliver()

    assert server.heard.count("EHLO") == 1
    assert [error.endswith("tried a moment ago.") for _, error in outcomes()] == [False, True, True]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"is_read": True}, "It was read in the app."),
        ({"useful_until": datetime(2026, 7, 22, 8, tzinfo=UTC)}, "It came too late to be of use."),
    ],
)
@time_machine.travel(datetime(2026, 7, 22, 9, tzinfo=UTC), tick=False)
def test_what_is_of_no_use_any_more_is_not_sent(
    server: MailServer, ana: User, change: dict[str, Any], why: str
) -> None:
    told = tell(ana)
    Notification.objects.filter(pk=told.pk).update(**change)

    delivery.deliver()

    assert outcomes() == [("dropped", why)]
    assert server.heard == []


def test_a_closed_account_is_sent_nothing(server: MailServer, ana: User) -> None:
    tell(ana)
    User.objects.update(is_active=False)

    delivery.deliver()

    assert outcomes() == [("dropped", "The account is closed.")]


def test_nothing_is_sent_in_quiet_hours_however_late_it_was_tried(server: MailServer, ana: User) -> None:
    User.objects.update(time_zone="Pacific/Auckland")
    ana.refresh_from_db()
    in_auckland = ZoneInfo("Pacific/Auckland")
    with time_machine.travel(datetime(2026, 7, 22, 21, tzinfo=in_auckland), tick=False) as traveller:
        tell(ana)
        night = {"quiet_from": datetime(1, 1, 1, 22).time(), "quiet_until": datetime(1, 1, 1, 7).time()}  # noqa: DTZ001
        preferences.set_habits(user=ana, **night)
        traveller.shift(timedelta(hours=3))
        delivery.deliver()
        [at_night] = Delivery.objects.all()
        traveller.shift(timedelta(hours=7, seconds=1))
        delivery.deliver()

    assert (at_night.state, at_night.attempts) == ("waiting", 0)
    assert at_night.next_at == datetime(2026, 7, 23, 7, tzinfo=in_auckland)
    assert len(server.mails) == 1


def test_a_mail_gives_no_result_away_behind_a_shield(server: MailServer, ana: User) -> None:
    race = RaceFactory(name="Moon Grand Prix")
    User.objects.update(results_until=race.starts_at - timedelta(hours=1))
    tell(ana, Type.RACE_FINISHED, "Moon Grand Prix: 25 points", message="Apex is P1.", race=race)

    delivery.deliver()

    [mail] = server.mails
    assert mail["Subject"] == "Moon Grand Prix: the points are in"
    assert "25 points" not in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Apex" not in mail.as_string()


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_send_each_mail_once(server: MailServer, ana: User) -> None:
    for number in range(20):
        tell(ana, title=f"News {number}")

    at_once([delivery.deliver, delivery.deliver])

    assert outcomes() == [("sent", "")] * 20
    assert len({mail["Message-ID"] for mail in server.mails}) == len(server.mails) == 20


# Digests ----------------------------------------------------------------------------------------

MORNING, EVENING = (datetime(2026, 7, 22, hour, tzinfo=UTC) for hour in (9, 18))


@pytest.fixture
def daily(ana: User) -> User:
    """Ana has a digest at 18:00."""
    preferences.set_preferences(
        user=ana, on=[(kind, Channel.EMAIL) for kind in (Type.LEAGUE, Type.DRAFT_UPDATE)], digest="daily"
    )
    return ana


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


def test_a_digest_is_one_mail_a_day(server: MailServer, daily: User, clock: time_machine.Traveller) -> None:
    tell(daily, Type.DRAFT_OPEN, "The draft is open", is_of_slow_draft=True)
    tell(daily, Type.LEAGUE, "Bo joined")
    tell(daily, Type.PICK_TURN, "Your turn")
    other = UserFactory()
    preferences.set_preferences(user=other, digest="daily")
    tell(other, Type.DRAFT_OPEN, "Theirs", is_of_slow_draft=True)
    delivery.deliver()
    at_once = [mail["Subject"] for mail in server.mails]
    clock.move_to(EVENING)
    delivery.deliver()
    delivery.deliver()

    assert at_once == ["Your turn"]
    assert [(mail["To"], mail["Subject"]) for mail in server.mails[1:]] == [
        (daily.email, "2 notifications for you"),
        (other.email, "Theirs"),
    ]
    text = server.mails[1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.index("The draft is open") < text.index("Bo joined")
    assert "mails about: Draft open, League news." in text
    assert {state for state, _ in outcomes()} == {"sent"}


def test_what_was_read_is_left_out_and_an_empty_digest_is_not_sent(
    server: MailServer, daily: User, clock: time_machine.Traveller
) -> None:
    told = [tell(daily, Type.LEAGUE, title) for title in ("one", "two")]
    Notification.objects.filter(pk=told[0].pk).update(is_read=True)
    clock.move_to(EVENING)
    delivery.deliver()
    tell(daily, Type.LEAGUE, "three", is_read=True)
    clock.shift(timedelta(days=1))
    delivery.deliver()

    assert [mail["Subject"] for mail in server.mails] == ["two"]
    assert [state for state, _ in outcomes()] == ["dropped", "sent", "dropped"]


def test_what_becomes_of_a_digest_becomes_of_all_that_is_in_it(
    server: MailServer, daily: User, clock: time_machine.Traveller
) -> None:
    for title in ("one", "two"):
        tell(daily, Type.LEAGUE, title)
    clock.move_to(EVENING)
    server.answers(RCPT="450 later")
    delivery.deliver()
    waiting = set(Delivery.objects.values_list("state", "next_at"))
    clock.shift(timedelta(minutes=1))
    server.answers(END=HANG_UP)
    delivery.deliver()
    clock.shift(timedelta(days=1))
    delivery.deliver()

    assert len(waiting) == 1
    assert [state for state, _ in outcomes()] == ["failed", "failed"]
    assert server.arrived == 1


def test_a_digest_that_was_taken_back_in_part_is_not_handed_over(
    server: MailServer, daily: User, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for title in ("one", "two"):
        tell(daily, Type.LEAGUE, title)
    clock.move_to(EVENING)
    hand_over = outgoing._Claim.hand_over

    def too_slow(claim: "outgoing._Claim[Delivery]") -> None:
        first = claim.rows[0]
        soon = timezone.now() + timedelta(seconds=1)
        Delivery.objects.filter(pk=first.pk).update(state=State.WAITING, claimed_until=None, next_at=soon)
        hand_over(claim)

    with monkeypatch.context() as patch:
        patch.setattr(outgoing._Claim, "hand_over", too_slow)
        delivery.deliver()
    early = server.arrived
    clock.shift(timedelta(minutes=1))
    delivery.deliver()

    assert early == 0
    assert [mail["Subject"] for mail in server.mails] == ["2 notifications for you"]


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_send_one_digest(server: MailServer, daily: User) -> None:
    for number in range(10):
        tell(daily, Type.LEAGUE, f"News {number}")
    Delivery.objects.update(next_at=timezone.now())

    at_once([delivery.deliver, delivery.deliver])

    assert [mail["Subject"] for mail in server.mails] == ["10 notifications for you"]
    assert outcomes() == [("sent", "")] * 10
