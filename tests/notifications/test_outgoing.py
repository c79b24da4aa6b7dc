"""The life of what goes out, with an e-mail's row as the one that is not repeated."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from notifications import outgoing
from notifications.models import Channel, Delivery, Notification
from notifications.outgoing import (
    CLAIM,
    PAUSES,
    NothingToRepeat,
    NotNeeded,
    OutcomeUnknown,
    Outgoing,
    Refused,
    TryLater,
    has_due,
    send_again,
    send_due,
)
from tests.contention import at_once
from tests.factories import UserFactory

State = Outgoing.State
Hand = Callable[[], None]


def make(**values: object) -> Delivery:
    key = str(Notification.objects.count())
    told = Notification.objects.create(user=UserFactory(), type="league", title="News", dedupe_key=key)
    now = timezone.now()
    return Delivery.objects.create(
        notification=told, channel=Channel.EMAIL, **{"next_at": now, "created_at": now} | values
    )


def rows() -> "outgoing.models.QuerySet[Delivery]":
    return Delivery.objects.all()


def raising(error: Exception, *, handed_over: bool = False) -> Callable[[Delivery, Hand], None]:
    def send(row: Delivery, hand_over: Hand) -> None:
        if handed_over:
            hand_over()
        raise error

    return send


def arrive(row: Delivery, hand_over: Hand) -> None:
    hand_over()


@pytest.mark.django_db
def test_what_is_due_is_sent_once() -> None:
    row, later = make(), make(next_at=timezone.now() + timedelta(minutes=1))

    assert has_due(rows())
    assert (send_due(rows(), arrive), send_due(rows(), arrive)) == (1, 0)

    row.refresh_from_db()
    assert (row.state, row.attempts, row.error, row.claimed_until) == (State.SENT, 1, "", None)
    assert row.done_at is not None
    later.refresh_from_db()
    assert (later.state, later.attempts, has_due(rows())) == (State.WAITING, 0, False)


@pytest.mark.parametrize(
    ("error", "state", "why"),
    [
        (Refused("no such address"), State.FAILED, "no such address"),
        (NotNeeded("was read"), State.DROPPED, "was read"),
        (OutcomeUnknown("no answer"), State.FAILED, f"{outgoing.MAY_HAVE_ARRIVED} no answer"),
        (TryLater("busy"), State.WAITING, "busy"),
    ],
)
@pytest.mark.django_db
def test_what_the_other_side_says_decides(error: Exception, state: str, why: str) -> None:
    row = make()

    send_due(rows(), raising(error, handed_over=isinstance(error, OutcomeUnknown)))

    row.refresh_from_db()
    assert (row.state, row.error, row.claimed_until) == (state, why, None)


@pytest.mark.django_db
def test_pauses_grow_and_end() -> None:
    row = make()

    with time_machine.travel(timezone.now(), tick=False) as clock:
        for pause in PAUSES:
            assert send_due(rows(), raising(TryLater("down"))) == 1
            row.refresh_from_db()
            wait = row.next_at - timezone.now()
            assert row.state == State.WAITING
            assert pause <= wait <= pause * 1.2
            clock.shift(wait - timedelta(seconds=1))
            assert send_due(rows(), arrive) == 0
            clock.shift(1)
        send_due(rows(), raising(TryLater("down")))
    row.refresh_from_db()
    assert (row.state, row.attempts, row.error) == (State.FAILED, len(PAUSES) + 1, "down")


@pytest.mark.django_db
def test_it_waits_as_long_as_it_is_asked_to() -> None:
    row = make()

    send_due(rows(), raising(TryLater("slow down", after=timedelta(hours=3))))

    row.refresh_from_db()
    assert row.next_at > timezone.now() + timedelta(hours=2, minutes=59)


@pytest.mark.django_db
def test_but_no_longer_than_a_day() -> None:
    row = make()

    send_due(rows(), raising(TryLater("see you", after=timedelta.max)))

    row.refresh_from_db()
    assert row.next_at - timezone.now() <= timedelta(days=1)


@pytest.mark.parametrize("error", [Refused, TryLater])
@pytest.mark.django_db
def test_what_went_wrong_is_kept_as_far_as_it_can_be(error: type[Exception]) -> None:
    row = make()

    send_due(rows(), raising(error("\0no" * 200)))

    row.refresh_from_db()
    assert row.error == "no" * 150


@pytest.mark.django_db
def test_a_check_that_fails_holds_up_no_other() -> None:
    faulty, other = make(), make()

    def check(row: Delivery) -> None:
        if row.pk == faulty.pk:
            raise KeyError("time zone")

    with pytest.raises(ExceptionGroup) as raised:
        send_due(rows(), arrive, check=check)

    assert raised.group_contains(KeyError)
    faulty.refresh_from_db()
    other.refresh_from_db()
    assert (faulty.state, faulty.error, other.state) == (State.WAITING, "KeyError: 'time zone'", State.SENT)


@pytest.mark.django_db
def test_a_fault_of_ours_comes_out_and_holds_up_no_other() -> None:
    faulty, other = make(), make()

    def send(row: Delivery, hand_over: Hand) -> None:
        if row.pk == faulty.pk:
            raise KeyError("template")
        hand_over()

    with pytest.raises(ExceptionGroup) as raised:
        send_due(rows(), send)

    assert raised.group_contains(KeyError)
    faulty.refresh_from_db()
    other.refresh_from_db()
    assert (faulty.state, faulty.error, other.state) == (State.WAITING, "KeyError: 'template'", State.SENT)


@pytest.mark.django_db
def test_a_fault_after_handing_over_is_not_repeated() -> None:
    row = make()

    with pytest.raises(ExceptionGroup):
        send_due(rows(), raising(KeyError("x"), handed_over=True))

    row.refresh_from_db()
    assert (row.state, row.error) == (State.FAILED, f"{outgoing.MAY_HAVE_ARRIVED} KeyError: 'x'")


class Killed(BaseException):
    pass


@pytest.mark.parametrize(("handed_over", "state"), [(False, State.SENT), (True, State.FAILED)])
@pytest.mark.django_db
def test_what_a_process_died_on_is_taken_up(handed_over: bool, state: str) -> None:
    """Again before it was handed over; after it nobody knows, and a host decides."""
    row = make()

    def die(row: Delivery, hand_over: Hand) -> None:
        if handed_over:
            hand_over()
        raise Killed

    with time_machine.travel(timezone.now(), tick=False) as clock:
        with pytest.raises(Killed):
            send_due(rows(), die)
        assert (has_due(rows()), send_due(rows(), arrive)) == (False, 0)
        clock.shift(CLAIM + timedelta(seconds=1))
        assert has_due(rows())
        send_due(rows(), arrive)
    row.refresh_from_db()
    assert row.state == state
    assert row.error == (outgoing.MAY_HAVE_ARRIVED if handed_over else "")


@pytest.mark.django_db
def test_what_may_be_repeated_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Delivery, "may_repeat", True)
    lost, unknown, faulty = make(), make(), make()
    Delivery.objects.filter(pk=lost.pk).update(
        state=State.HANDED_OVER, claimed_until=timezone.now() - timedelta(seconds=1)
    )

    send_due(rows().filter(pk=lost.pk), arrive)
    send_due(rows().filter(pk=unknown.pk), raising(OutcomeUnknown("no answer"), handed_over=True))
    with pytest.raises(ExceptionGroup):
        send_due(rows().filter(pk=faulty.pk), raising(KeyError("x"), handed_over=True))

    assert [each.state for each in rows().order_by("pk")] == [State.SENT, State.WAITING, State.WAITING]


@pytest.mark.django_db
def test_who_was_so_slow_that_it_was_taken_back_hands_over_nothing() -> None:
    row = make()
    arrived = []

    with time_machine.travel(timezone.now(), tick=False) as clock:

        def slow(row: Delivery, hand_over: Hand) -> None:
            clock.shift(CLAIM + timedelta(seconds=1))
            send_due(rows(), lambda row, hand: (hand(), arrived.append("second"))[0])
            hand_over()
            arrived.append("first")

        send_due(rows(), slow)

    row.refresh_from_db()
    assert (arrived, row.state, row.attempts) == (["second"], State.SENT, 2)


@pytest.mark.django_db(transaction=True)
def test_of_many_senders_one_sends() -> None:
    for _ in range(5):
        make()
    arrived: list[int] = []

    def send(row: Delivery, hand_over: Hand) -> None:
        hand_over()
        arrived.append(row.pk)

    at_once([lambda: send_due(rows(), send)] * 6)

    assert sorted(arrived) == sorted(rows().values_list("pk", flat=True))


@pytest.mark.django_db
def test_a_host_has_sent_again_what_was_given_up() -> None:
    row = make()
    send_due(rows(), raising(Refused("full")))
    row.refresh_from_db()

    again = send_again(row)

    assert (again.state, again.attempts, again.error, again.done_at) == (State.WAITING, 0, "", None)
    with pytest.raises(NothingToRepeat):
        send_again(row)
    assert send_due(rows(), arrive) == 1
    assert str(row) == "News by E-mail"
