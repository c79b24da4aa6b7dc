"""Which ways a notification takes, and when."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from fantasy_f1.core.errors import Invalid
from notifications import delivery, routing, service
from notifications.channels import Way
from notifications.messages import Message
from notifications.models import Channel, Delivery, Habits, Notification, Preference
from notifications.outgoing import Outgoing, SendAll
from notifications.preferences import habits_of, set_habits, set_ways, wanted
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
Type = Notification.Type


@pytest.fixture(autouse=True)
def mails(settings: Settings) -> None:
    settings.EMAIL_VERIFICATION = True


@pytest.fixture
def user() -> User:
    return UserFactory(time_zone="Europe/Berlin")


def tell(
    *users: User,
    kind: Type = Type.PICK_TURN,
    key: str = "event:1",
    useful_until: datetime | None = None,
    slow: bool = False,
) -> None:
    message = Message(kind, "News", "", "/", key, useful_until=useful_until, is_of_slow_draft=slow)
    service.create([(user.pk, message) for user in users], now=datetime.now(UTC))


def ways() -> list[tuple[int, str, str]]:
    rows = Delivery.objects.order_by("notification__user", "pk")
    return list(rows.values_list("notification__user", "notification__type", "channel"))


def test_each_notification_is_routed_once(user: User) -> None:
    tell(user)

    assert (routing.route_new(), routing.route_new()) == (1, 0)
    assert ways() == [(user.pk, "pick_turn", "email")]

    Notification.objects.update(is_routed=False)  # as if the process had died before it noted that
    routing.route_new()
    assert len(ways()) == 1


def test_only_who_can_be_reached_is(user: User, settings: Settings) -> None:
    unconfirmed, closed = UserFactory(email_verified_at=None), UserFactory(is_active=False)
    tell(user, unconfirmed, closed)
    routing.route_new()
    assert ways() == [(user.pk, "pick_turn", "email")]

    settings.EMAIL_VERIFICATION = False
    tell(user, key="event:2")
    routing.route_new()
    assert len(ways()) == 1


def test_preferences_decide(user: User) -> None:
    other = UserFactory()
    set_ways(user=user, ways=[(Type.PICK_TURN, Channel.EMAIL)], on=False)
    set_ways(user=other, ways=[(Type.LEAGUE, Channel.EMAIL)], on=True)

    tell(user, other)
    tell(user, other, kind=Type.LEAGUE, key="event:2")
    routing.route_new()

    assert ways() == [(other.pk, "pick_turn", "email"), (other.pk, "league", "email")]
    assert wanted([user.pk, other.pk])[user.pk].isdisjoint({(Type.PICK_TURN, Channel.EMAIL)})


def test_what_holds_by_itself_is_not_written_down(user: User) -> None:
    way = [(Type.PICK_TURN, Channel.EMAIL)]
    set_ways(user=user, ways=way, on=True)
    assert not Preference.objects.exists()
    set_ways(user=user, ways=way, on=False)
    set_ways(user=user, ways=way, on=False)
    assert str(Preference.objects.get()) == f"{user.pk}: pick_turn by email off"
    set_ways(user=user, ways=way, on=True)
    assert not Preference.objects.exists()
    with pytest.raises(Invalid):
        set_ways(user=user, ways=[("nothing", Channel.EMAIL)], on=True)


def test_habits_make_sense(user: User) -> None:
    assert (habits_of(user).quiet, str(habits_of(user))) == (None, f"habits of {user.pk}")
    for values in ({"quiet_from": time(22)}, {"quiet_from": time(22), "quiet_until": time(22)}):
        with pytest.raises(Invalid):
            set_habits(user=user, **values)
    assert not Habits.objects.exists()

    set_habits(user=user, quiet_from=time(22), quiet_until=time(7))
    set_habits(user=user, digest=Habits.Digest.DAILY)

    habits = habits_of(user)
    assert (habits.quiet_from, habits.digest, habits.digest_at) == (time(22), "daily", time(18))


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2026-07-22T20:30:00Z", "2026-07-23T05:00:00Z"),  # 22:30 in Berlin
        ("2026-07-23T04:59:00Z", "2026-07-23T05:00:00Z"),
        ("2026-07-23T05:00:00Z", "2026-07-23T05:00:00Z"),
        ("2026-07-22T19:59:00Z", "2026-07-22T19:59:00Z"),
    ],
)
def test_quiet_hours_are_those_of_the_reader(user: User, at: str, due: str) -> None:
    set_habits(user=user, quiet_from=time(22), quiet_until=time(7))

    with time_machine.travel(at, tick=False):
        tell(user)
        routing.route_new()

    assert Delivery.objects.get().next_at == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    ("at", "due"),
    [("2026-07-22T12:00:00Z", "2026-07-22T16:00:00Z"), ("2026-07-22T16:00:00Z", "2026-07-23T16:00:00Z")],
)
def test_a_digest_gathers_what_can_wait(user: User, at: str, due: str) -> None:
    set_habits(user=user, digest=Habits.Digest.DAILY)  # at 18:00 in Berlin

    with time_machine.travel(at, tick=False):
        tell(user, kind=Type.DRAFT_OPEN, slow=True)
        tell(user, kind=Type.PICK_TURN, key="event:2", slow=True)
        tell(user, kind=Type.DRAFT_OPEN, key="event:3")
        routing.route_new()

    rows = Delivery.objects.order_by("pk").values_list("in_digest", "next_at")
    now = (False, datetime.fromisoformat(at))
    assert list(rows) == [(True, datetime.fromisoformat(due)), now, now]


@pytest.mark.parametrize(("hours", "waits"), [(6, False), (7, True)])
def test_a_digest_gathers_nothing_that_would_come_too_late_in_it(user: User, hours: int, waits: bool) -> None:
    set_habits(user=user, digest=Habits.Digest.DAILY)  # at 18:00 in Berlin

    with time_machine.travel("2026-07-22T10:00:00Z", tick=False):
        tell(user, kind=Type.DRAFT_OPEN, slow=True, useful_until=datetime.now(UTC) + timedelta(hours=hours))
        routing.route_new()

    assert Delivery.objects.get().in_digest is waits


def test_the_number_of_queries_does_not_grow() -> None:
    def count(number: int, key: str) -> int:
        tell(*UserFactory.create_batch(number), key=key)
        with CaptureQueriesContext(connection) as queries:
            routing.route_new()
        return len(queries)

    assert count(2, "event:1") == count(20, "event:2")


class Post:
    """A channel that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[int] = []

    def targets(self, users: Iterable[User]) -> dict[int, list[str]]:
        return {user.pk: ["one", "two"] for user in users}

    def open(self) -> nullcontext[SendAll[Delivery]]:
        def send(rows: Sequence[Delivery], hand_over: Callable[[], None]) -> None:
            hand_over()
            self.sent.extend(row.notification.user_id for row in rows)

        return nullcontext(send)


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    post = Post()
    ways = {Channel.PUSH: Way(post.targets, post.open)}
    monkeypatch.setattr(routing, "CHANNELS", ways)
    monkeypatch.setattr(delivery, "CHANNELS", ways)
    return post


def test_a_person_with_two_targets_gets_both(user: User, post: Post) -> None:
    tell(user)
    routing.route_new()

    delivery.deliver()
    delivery.deliver()

    assert post.sent == [user.pk] * 2


def test_what_is_of_no_use_any_more_is_not_sent(user: User, post: Post) -> None:
    now = datetime.now(UTC)
    closed = UserFactory()
    tell(user, key="read")
    tell(user, key="late", useful_until=now - timedelta(seconds=1))
    tell(user, key="in time", useful_until=now + timedelta(minutes=1))
    tell(closed, key="closed")
    routing.route_new()
    service.mark_read(Notification.objects.get(dedupe_key="read"))
    User.objects.filter(pk=closed.pk).update(is_active=False)

    delivery.deliver()

    states = dict(Delivery.objects.values_list("notification__dedupe_key", "state"))
    dropped, sent = Outgoing.State.DROPPED, Outgoing.State.SENT
    assert states == {"read": dropped, "late": dropped, "closed": dropped, "in time": sent}
    assert post.sent == [user.pk] * 2


def test_without_anything_due_no_connection_is_made(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "open", None)

    delivery.deliver()
