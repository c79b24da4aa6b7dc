from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from django.db import connection

from accounts import second_factor
from accounts.models import RecoveryCode, SecondFactor, User
from accounts.second_factor import OtpRequired, OtpWrong, SecondFactorOff, SecondFactorOn, begin, confirm, demand
from tests.contention import outcomes
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

REAL = datetime(2026, 11, 1, 12, 0, 10, tzinfo=UTC)
STEP = timedelta(seconds=30)


def code(user: User, at: datetime) -> str:
    return pyotp.TOTP(SecondFactor.objects.get(user=user).secret).at(at)


@pytest.fixture
def ana() -> User:
    return UserFactory(username="ana")


@pytest.fixture
def recovery_codes(ana: User) -> list[str]:
    """Ana's second factor, on since a minute before ``REAL``."""
    begin(user=ana)
    return confirm(user=ana, otp=code(ana, REAL - 2 * STEP), now=REAL - 2 * STEP)


def test_without_it_no_code_is_asked_for(ana: User) -> None:
    demand(ana, "", now=REAL)

    assert not second_factor.is_on(ana)


def test_it_is_on_from_the_first_right_code_on(ana: User) -> None:
    begin(user=ana)
    demand(ana, "", now=REAL)
    with pytest.raises(OtpWrong):
        confirm(user=ana, otp="000000x", now=REAL)

    codes = confirm(user=ana, otp=code(ana, REAL), now=REAL)

    assert second_factor.is_on(ana)
    assert len(set(codes)) == 10
    assert not any(row.digest in codes for row in RecoveryCode.objects.all())


def test_setting_it_up_goes_by_its_order(ana: User) -> None:
    with pytest.raises(SecondFactorOff):
        confirm(user=ana, otp="123456", now=REAL)
    first = begin(user=ana).secret
    assert begin(user=ana).secret != first
    confirm(user=ana, otp=code(ana, REAL), now=REAL)

    with pytest.raises(SecondFactorOn):
        begin(user=ana)
    with pytest.raises(SecondFactorOn):
        confirm(user=ana, otp=code(ana, REAL + STEP), now=REAL + STEP)


@pytest.mark.usefixtures("recovery_codes")
@pytest.mark.parametrize("otp", ["", "  "])
def test_a_code_is_asked_for(ana: User, otp: str) -> None:
    with pytest.raises(OtpRequired) as refused:
        demand(ana, otp, now=REAL)

    assert (refused.value.code, refused.value.status, refused.value.field) == ("otp_required", 400, "otp")


@pytest.mark.usefixtures("recovery_codes")
@pytest.mark.parametrize(("steps", "passes"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_due_for_its_step_and_those_beside_it(ana: User, steps: int, passes: bool) -> None:
    SecondFactor.objects.update(last_step=0)
    otp = code(ana, REAL + steps * STEP)

    if passes:
        demand(ana, otp, now=REAL)
    else:
        with pytest.raises(OtpWrong):
            demand(ana, otp, now=REAL)


@pytest.mark.usefixtures("recovery_codes")
def test_a_code_works_once_and_so_do_those_before_it(ana: User) -> None:
    now_due, before = code(ana, REAL), code(ana, REAL - STEP)
    demand(ana, f" {now_due[:3]} {now_due[3:]} ", now=REAL)

    for otp in (now_due, before):
        with pytest.raises(OtpWrong) as refused:
            demand(ana, otp, now=REAL, status=401)

    assert (refused.value.code, refused.value.status) == ("otp_wrong", 401)
    demand(ana, code(ana, REAL + STEP), now=REAL + STEP)


def test_the_code_that_switched_it_on_does_not_log_in(ana: User) -> None:
    begin(user=ana)
    otp = code(ana, REAL)
    confirm(user=ana, otp=otp, now=REAL)

    with pytest.raises(OtpWrong):
        demand(ana, otp, now=REAL)


def test_a_recovery_code_works_once_however_it_is_typed(ana: User, recovery_codes: list[str]) -> None:
    demand(ana, f" {recovery_codes[0].upper().replace('-', ' ')} ", now=REAL)

    with pytest.raises(OtpWrong):
        demand(ana, recovery_codes[0], now=REAL)
    demand(ana, recovery_codes[1], now=REAL)
    assert ana.recovery_codes.count() == 8


@pytest.mark.parametrize("otp", ["000000", "١٢٣٤٥٦", "12345", "abcde-fghjk", "x" * 32])
@pytest.mark.usefixtures("recovery_codes")
def test_other_codes_are_wrong(ana: User, otp: str) -> None:
    with pytest.raises(OtpWrong):
        demand(ana, otp, now=REAL)


def test_codes_are_for_their_own_account(ana: User, recovery_codes: list[str]) -> None:
    bob = UserFactory()
    begin(user=bob)
    confirm(user=bob, otp=code(bob, REAL - 2 * STEP), now=REAL - 2 * STEP)

    for otp in (recovery_codes[0], code(ana, REAL)):
        with pytest.raises(OtpWrong):
            demand(bob, otp, now=REAL)


def test_switched_off_nothing_of_it_is_left(ana: User, recovery_codes: list[str]) -> None:
    for _ in range(2):
        second_factor.switch_off(user=ana)

    demand(ana, "", now=REAL)
    assert (SecondFactor.objects.count(), RecoveryCode.objects.count()) == (0, 0)


def test_an_app_reads_the_secret_from_the_picture_and_the_link(ana: User) -> None:
    factor = begin(user=ana)

    picture = second_factor.picture(factor)

    assert second_factor.uri(factor) == f"otpauth://totp/Fantasy%20F1:ana?secret={factor.secret}&issuer=Fantasy%20F1"
    assert picture.startswith("<svg")
    assert "style" not in picture


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_of_simultaneous_uses_of_a_code_one_wins(kind: str) -> None:
    ana = UserFactory()
    begin(user=ana)
    [recovery, *_] = confirm(user=ana, otp=code(ana, REAL - 2 * STEP), now=REAL - 2 * STEP)
    otp = code(ana, REAL) if kind == "app" else recovery
    connection.close()

    assert outcomes([lambda: demand(ana, otp, now=REAL)] * 3) == {"won": 1, "otp_wrong": 2}
