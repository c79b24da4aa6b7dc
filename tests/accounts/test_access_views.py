import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import access_views, keys, signins, tokens
from accounts.models import ApiKey, SignIn, User
from accounts.signins import Origin
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PAGE = "/accounts/access/"
NEW = {"name": "Draft bot", "scope": "write", "days": "30"}


@pytest.fixture
def user(client: Client) -> User:
    user = UserFactory(username="ana")
    client.force_login(user)
    return user


def begin(user: User, user_agent: str = "bot/1") -> SignIn:
    tokens.issue(user=user, origin=Origin(user_agent, "192.0.2.7"), now=timezone.now())
    return SignIn.objects.latest("pk")


def shown(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_page_shows_sign_ins_and_keys(client: Client, user: User) -> None:
    begin(user)
    keys.make(user=user, name="Sheet", scope="read", now=timezone.now())
    begin(UserFactory(), "stranger/1")

    text = shown(client.get(PAGE))

    assert "This one" in text
    assert "bot/1 Program · since" in text
    assert "192.0.2.7" in text
    assert re.search(r"Sheet ff1_[0-9a-f]{12}_… · reads only · never used · never expires", text)
    assert "stranger/1" not in text


def test_the_page_is_linked_from_the_profile_and_asks_visitors_to_log_in(client: Client, user: User) -> None:
    assert f'href="{PAGE}"' in client.get(reverse("accounts:profile")).content.decode()
    assert Client().get(PAGE)["Location"] == f"/accounts/login/?next={PAGE}"


def test_a_new_key_is_shown_once_and_not_kept(client: Client, user: User) -> None:
    made = client.post(PAGE, NEW)

    (text,) = re.findall(r'value="(ff1_[0-9a-f]{12}_[0-9a-f]{64})"', made.content.decode())
    assert (made.status_code, "no-store" in made["Cache-Control"]) == (201, True)
    assert keys.authenticate(text, now=timezone.now()).user == user
    assert text not in client.get(PAGE).content.decode()
    key = ApiKey.objects.get()
    assert key.expires_at
    assert (key.scope, key.expires_at - key.created_at) == ("write", timedelta(days=30))


def test_a_key_may_be_made_for_ever_and_one_that_expired_says_so(client: Client, user: User) -> None:
    client.post(PAGE, NEW | {"days": "0"})
    client.post(PAGE, NEW | {"name": "Short"})

    with time_machine.travel(timezone.now() + timedelta(days=31)):
        client.force_login(user)
        text = shown(client.get(PAGE))

    assert "never expires" in text
    assert "expired" in text.partition("Short")[2]


@pytest.mark.parametrize("changed", [{"name": ""}, {"name": "\u2800"}, {"scope": "all"}, {"days": "31"}])
def test_a_key_that_makes_no_sense_is_refused_in_place(client: Client, user: User, changed: dict[str, str]) -> None:
    answer = client.post(PAGE, NEW | changed)

    assert (answer.status_code, list(answer.context["form"].errors)) == (400, list(changed))
    assert not ApiKey.objects.exists()


def test_too_many_keys_are_refused_in_place(client: Client, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MAX_KEYS", 0)

    answer = client.post(PAGE, NEW)

    assert answer.status_code == 400
    assert "which is the most" in shown(answer)


def test_buttons_sign_out_there_and_revoke(client: Client, user: User) -> None:
    sign_in = begin(user)
    key, _ = keys.make(user=user, name="Sheet", scope="read", now=timezone.now())

    ended = client.post(reverse("accounts:end_sign_in", args=[sign_in.pk]), follow=True)
    revoked = client.post(reverse("accounts:revoke_key", args=[key.pk]), follow=True)

    assert ("Signed out there." in shown(ended), "The key is revoked." in shown(revoked)) == (True, True)
    assert (signins.of(user, now=timezone.now()).count(), keys.of(user).count()) == (1, 0)


def test_a_button_pressed_twice_says_so(client: Client, user: User) -> None:
    address = reverse("accounts:end_sign_in", args=[begin(user).pk])

    client.post(address)
    answer = client.post(address, headers={"referer": f"http://testserver{PAGE}"}, follow=True)

    assert "This sign-in is over already." in shown(answer)


def test_a_button_signs_out_everywhere_else(client: Client, user: User) -> None:
    for _ in range(2):
        begin(user)

    answer = client.post(reverse("accounts:end_other_sign_ins"), follow=True)

    assert "You are signed out everywhere else." in shown(answer)
    assert [sign_in.kind for sign_in in signins.of(user, now=timezone.now())] == ["browser"]


@pytest.mark.parametrize("name", ["end_sign_in", "revoke_key"])
def test_what_is_anothers_is_not_found(client: Client, user: User, name: str) -> None:
    other = UserFactory()
    key, _ = keys.make(user=other, name="Sheet", scope="read", now=timezone.now())
    sign_in = begin(other)

    pk = sign_in.pk if name == "end_sign_in" else key.pk
    assert client.post(reverse(f"accounts:{name}", args=[pk])).status_code == 404
    assert (signins.of(other, now=timezone.now()).get(), keys.of(other).get()) == (sign_in, key)


def test_many_sign_ins_are_counted_and_not_all_shown(
    client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_views, "SHOWN", 2)
    for _ in range(3):
        begin(user)

    assert "The 2 last used of 4." in shown(client.get(PAGE))


def test_the_page_takes_as_many_queries_for_one_as_for_many(
    client: Client, user: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    begin(user)
    keys.make(user=user, name="Sheet", scope="read", now=timezone.now())
    with django_assert_max_num_queries(20) as one:
        client.get(PAGE)
    for _ in range(3):
        begin(user)
        keys.make(user=user, name="Sheet", scope="read", now=timezone.now())

    with django_assert_max_num_queries(len(one)):
        client.get(PAGE)
