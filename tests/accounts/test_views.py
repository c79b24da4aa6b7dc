import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode

from accounts import identity, second_factor
from accounts.models import User
from accounts.sessions import SessionStore
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

NEW = {"username": "ana", "email": "ana@example.com", "full_name": "Ana Lopes", "password": PASSWORD}


@pytest.fixture
def user(client: Client) -> User:
    user = UserFactory(username="ana", full_name="Ana Lopes", time_zone="Europe/Lisbon")
    client.force_login(user)
    return user


@pytest.mark.parametrize(
    "name", ["register", "login", "password_reset", "password_reset_done", "password_reset_complete"]
)
def test_pages_for_visitors_answer(client: Client, name: str) -> None:
    assert client.get(reverse(f"accounts:{name}")).status_code == 200


@pytest.mark.parametrize("name", ["profile", "password_change"])
def test_pages_of_an_account_ask_visitors_to_log_in(client: Client, name: str) -> None:
    address = reverse(f"accounts:{name}")

    answer = client.get(address)

    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={address}")


def test_register_signs_in_and_takes_the_zone_of_the_browser(client: Client) -> None:
    client.cookies["time_zone"] = "Asia/Tokyo"

    answer = client.post(reverse("accounts:register"), NEW)

    user = User.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert (user.username, user.time_zone) == ("ana", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("target", "after"),
    [
        ("/join/ABCD2345/", "/join/ABCD2345/"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("1", "/"),
        ("", "/"),
    ],
)
def test_register_goes_on_to_next_on_this_site_only(client: Client, target: str, after: str) -> None:
    client.cookies["time_zone"] = "nonsense"

    answer = client.post(reverse("accounts:register"), {**NEW, "next": target})

    assert answer["Location"] == after
    assert User.objects.get().time_zone == "UTC"


def test_register_keeps_next_on_the_page_and_on_the_way_to_the_login(client: Client) -> None:
    page = client.get(reverse("accounts:register"), {"next": "/join/ABCD2345/"}).content.decode()

    assert '<input type="hidden" name="next" value="/join/ABCD2345/">' in page
    assert "/accounts/login/?next=/join/ABCD2345/" in page


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"username": "a b"}, "username"),
        ({"username": "TAKEN"}, "username"),
        ({"email": "taken@example.com"}, "email"),
        ({"email": "nowhere"}, "email"),
        ({"password": "short"}, "password"),
    ],
)
def test_register_shows_errors_at_their_field(client: Client, changed: dict[str, str], field: str) -> None:
    UserFactory(username="taken", email="taken@example.com")

    answer = client.post(reverse("accounts:register"), {**NEW, **changed})

    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert User.objects.count() == 1


def test_register_has_nothing_for_those_who_are_signed_in(client: Client, user: User) -> None:
    answer = client.get(reverse("accounts:register"), {"next": "/join/ABCD2345/"})

    assert (answer.status_code, answer["Location"]) == (302, "/join/ABCD2345/")


@pytest.mark.parametrize("name", ["ana", "ANA@example.com"])
@pytest.mark.parametrize(("target", "after"), [("/races/", "/races/"), ("https://evil.example/", "/")])
def test_login_takes_username_or_address_and_goes_to_a_safe_next(
    client: Client, name: str, target: str, after: str
) -> None:
    UserFactory(username="ana", email="ana@example.com")

    answer = client.post(reverse("accounts:login"), {"username": name, "password": PASSWORD, "next": target})

    assert (answer.status_code, answer["Location"]) == (302, after)


def test_login_does_not_tell_whether_an_account_exists(client: Client) -> None:
    UserFactory(username="ana")
    UserFactory(username="closed", is_active=False)

    answers = [
        client.post(reverse("accounts:login"), {"username": name, "password": password})
        for name, password in [("ana", "wrong"), ("nobody", "wrong"), ("closed", PASSWORD)]
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert len({str(answer.context["form"].errors) for answer in answers}) == 1


def test_login_takes_the_whole_page_there_when_a_fragment_was_asked_for(client: Client) -> None:
    answer = client.get(
        reverse("accounts:login"),
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/leagues/?q=box box"},
    )

    assert answer["HX-Redirect"] == "/accounts/login/?next=%2Fleagues%2F%3Fq%3Dbox+box"


def test_logout_ends_the_session_by_post_only(client: Client, user: User) -> None:
    assert client.get(reverse("accounts:logout")).status_code == 405

    answer = client.post(reverse("accounts:logout"))

    assert answer["Location"] == "/"
    assert "_auth_user_id" not in client.session


@pytest.fixture
def recovery_code() -> str:
    """Of a player ``ana``, whose second factor is on."""
    user = UserFactory(username="ana", email="ana@example.com")
    factor, now = second_factor.begin(user=user), timezone.now()
    return second_factor.confirm(user=user, otp=pyotp.TOTP(factor.secret).at(now), now=now)[0]


def test_login_asks_for_the_code_where_the_second_factor_is_on(client: Client, recovery_code: str) -> None:
    given = {"username": "ana", "password": PASSWORD, "next": "/races/"}

    first = client.post(reverse("accounts:login"), given)
    half = client.get(reverse("accounts:profile"))
    wrong = client.post(reverse("accounts:login_code"), {"otp": "000000x"})
    done = client.post(reverse("accounts:login_code"), {"otp": recovery_code})

    assert (first.status_code, first["Location"]) == (302, reverse("accounts:login_code"))
    assert half.status_code == 302
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (400, ["otp"])
    assert (done.status_code, done["Location"]) == (302, "/races/")
    assert client.get(reverse("accounts:profile")).status_code == 200
    assert client.get(reverse("accounts:login_code"))["Location"] == reverse("accounts:login")


def test_login_with_a_code_goes_to_no_other_site(client: Client, recovery_code: str) -> None:
    client.post(reverse("accounts:login"), {"username": "ana", "password": PASSWORD, "next": "https://evil.example/"})

    assert client.post(reverse("accounts:login_code"), {"otp": recovery_code})["Location"] == "/"


@pytest.mark.parametrize("change", ["time", "password", "account"])
def test_login_starts_over_where_the_first_step_counts_no_more(client: Client, recovery_code: str, change: str) -> None:
    user = User.objects.get()
    client.post(reverse("accounts:login"), {"username": "ana", "password": PASSWORD})
    user.is_active = change != "account"
    if change == "password":
        user.set_password("another long sentence")
    user.save()
    later = datetime.now(UTC) + timedelta(minutes=11 if change == "time" else 0)

    with time_machine.travel(later, tick=False):
        answer = client.post(reverse("accounts:login_code"), {"otp": recovery_code})

    assert (answer.status_code, answer["Location"]) == (302, reverse("accounts:login"))
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("recovery_code")
def test_an_empty_code_is_asked_for_again(client: Client) -> None:
    client.post(reverse("accounts:login"), {"username": "ana", "password": PASSWORD})

    answer = client.post(reverse("accounts:login_code"), {"otp": ""})

    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["otp"])


def test_a_name_that_no_account_can_have_is_refused_like_any_other(client: Client) -> None:
    UserFactory(username="ana")

    answers = [
        client.post(reverse("accounts:login"), {"username": name, "password": "wrong"})
        for name in ("ana", "ana@straße.de")
    ]

    assert len({str(answer.context["form"].errors) for answer in answers}) == 1


def test_nobody_comes_to_the_second_step_without_the_first(client: Client) -> None:
    assert client.get(reverse("accounts:login_code"))["Location"] == reverse("accounts:login")


def test_password_change_keeps_this_session_and_ends_others(client: Client, user: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(user)
    new = "another long sentence"

    answer = client.post(
        reverse("accounts:password_change"),
        {"current_password": PASSWORD, "new_password1": new, "new_password2": new},
        follow=True,
    )

    user.refresh_from_db()
    assert (answer.status_code, answer.redirect_chain) == (200, [("/accounts/profile/", 302)])
    assert user.check_password(new)
    assert elsewhere.get(reverse("accounts:profile")).status_code == 302


@pytest.mark.parametrize(("old", "new"), [("wrong", "another long sentence"), (PASSWORD, "short")])
def test_password_change_refuses_a_wrong_old_and_a_weak_new_one(client: Client, user: User, old: str, new: str) -> None:
    given = {"current_password": old, "new_password1": new, "new_password2": new}

    answer = client.post(reverse("accounts:password_change"), given)

    user.refresh_from_db()
    assert answer.status_code == 400
    assert user.check_password(PASSWORD)


def test_password_reset_works_from_the_mail_to_the_login(client: Client) -> None:
    user = UserFactory(username="ana", email="ana@example.com")
    new = "another long sentence"

    client.post(reverse("accounts:password_reset"), {"email": "ANA@example.com"}, headers={"Host": "127.0.0.1"})
    [message] = mail.outbox
    address = re.search(r"http://localhost:8000(/accounts/password/reset/\S+)", message.body)
    assert address is not None
    form = client.get(address[1], follow=True)
    weak = client.post(form.request["PATH_INFO"], {"new_password1": "short", "new_password2": "short"})
    done = client.post(form.request["PATH_INFO"], {"new_password1": new, "new_password2": new})

    user.refresh_from_db()
    assert (message.subject, message.to) == ("A new password for Fantasy F1", ["ana@example.com"])
    assert weak.status_code == 400
    assert done["Location"] == reverse("accounts:password_reset_complete")
    assert user.check_password(new)
    assert "This link is used up" in client.get(address[1], follow=True).content.decode()


def test_a_password_that_changed_while_the_link_was_followed_stays(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = UserFactory()
    where = {"uidb64": urlsafe_base64_encode(str(user.pk).encode()), "token": default_token_generator.make_token(user)}
    form = client.get(reverse("accounts:password_reset_confirm", kwargs=where), follow=True)

    def changed_meanwhile(*args: Any, **kwargs: Any) -> None:  # called when the account has been read
        user.set_password("first one to change it")
        user.save()

    monkeypatch.setattr(identity, "check_new_password", changed_meanwhile)
    given = dict.fromkeys(("new_password1", "new_password2"), "another long sentence")
    answer = client.post(form.request["PATH_INFO"], given)

    user.refresh_from_db()
    assert answer.status_code == 400
    assert "The password was changed meanwhile." in answer.content.decode()
    assert user.check_password("first one to change it")


@pytest.mark.usefixtures("recovery_code")
def test_a_session_that_was_planted_does_not_get_to_the_second_step(client: Client) -> None:
    planted = SessionStore()
    planted.create()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(planted.session_key)

    client.post(reverse("accounts:login"), {"username": "ana", "password": PASSWORD})

    assert client.session["second_step"]
    assert client.session.session_key != planted.session_key
    assert not planted.exists(str(planted.session_key))


def test_password_reset_answers_alike_for_an_unknown_address(client: Client) -> None:
    answer = client.post(reverse("accounts:password_reset"), {"email": "nobody@example.com"})

    assert answer["Location"] == reverse("accounts:password_reset_done")
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("name", "given", "focused"),
    [
        ("register", NEW | {"email": "", "password": "short"}, "email"),
        ("login", {"username": "ana", "password": ""}, "password"),
        (
            "password_change",
            {"current_password": PASSWORD, "new_password1": "short", "new_password2": "other"},
            "new_password2",
        ),
    ],
)
def test_a_refused_form_leads_to_its_first_fault(
    client: Client, name: str, given: dict[str, str], focused: str
) -> None:
    if name == "password_change":
        client.force_login(UserFactory(username="ana"))

    page = client.post(reverse(f"accounts:{name}"), given).content.decode()

    assert "<title>Error: " in page
    assert [re.findall(r'name="(\w+)"', tag)[0] for tag in re.findall(r"<input[^>]* autofocus[^>]*>", page)] == [
        focused
    ]


def test_password_pages_speak_like_the_sign_up(client: Client, user: User) -> None:
    change = client.get(reverse("accounts:password_change")).content.decode()
    reset = client.get(reverse("accounts:password_reset")).content.decode()

    assert "At least 10 characters; a short sentence is good." in change
    assert "too similar" not in change
    assert ">E-mail</label>" in reset
