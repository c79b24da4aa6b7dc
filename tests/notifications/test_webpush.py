import pytest

from notifications import webpush
from tests.pushing import PushedTo

# RFC 8291, appendix A.
RECEIVER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
TEXT = b"When I grow up, I want to be a watermelon"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y"
    "l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_a_body_is_that_of_the_standards_example() -> None:
    receiver = PushedTo(RECEIVER, webpush.decode(AUTH))
    sender = webpush._private(SENDER)

    body = webpush.encrypt(TEXT, **receiver.keys, sender=sender, salt=webpush.decode(SALT))

    assert webpush.encode(body) == BODY
    assert receiver.decrypt(body) == TEXT


def test_no_two_bodies_are_alike() -> None:
    receiver = PushedTo()

    bodies = {webpush.encrypt(TEXT, **receiver.keys) for _ in range(2)}

    assert len(bodies) == 2
    assert {receiver.decrypt(body) for body in bodies} == {TEXT}


def test_a_new_key_is_one() -> None:
    key = webpush.new_key()

    assert len(key) == 43
    assert len(webpush.decode(webpush.public_key(key))) == 65


@pytest.mark.parametrize(
    "wrong", [{"p256dh": "BCVx"}, {"p256dh": "ä"}, {"p256dh": "B" + "A" * 86}, {"auth": "x"}, {"auth": "BTBZ"}]
)
def test_what_are_no_keys_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (of several libraries)
        webpush.check_keys(**(PushedTo().keys | wrong))
