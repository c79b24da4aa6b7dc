import pyotp
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import keys, second_factor, tokens
from accounts.models import ApiKey, SignIn, User
from accounts.signins import Origin
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def host(client: Client) -> User:
    user = UserFactory(username="host", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def test_admin_finds_users_by_their_address(client: Client, host: User) -> None:
    ana = UserFactory(email="ana@example.com")

    page = client.get(reverse("admin:accounts_user_changelist"), {"q": "ana@"})

    assert list(page.context["cl"].queryset) == [ana]


def test_admin_never_shows_a_whole_hash(client: Client, host: User) -> None:
    page = client.get(reverse("admin:accounts_user_change", args=[host.pk]))

    assert page.status_code == 200
    assert host.password not in page.content.decode()


def test_admin_makes_users_with_a_hashed_password(client: Client, host: User) -> None:
    assert client.get(reverse("admin:accounts_user_add")).status_code == 200

    client.post(
        reverse("admin:accounts_user_add"),
        {
            "username": "ana",
            "email": "ana@example.com",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )

    assert User.objects.get(username="ana").check_password(PASSWORD)


def test_admin_shows_sign_ins_and_keys_without_what_they_are_known_by(client: Client, host: User) -> None:
    refresh = tokens.issue(user=host, origin=Origin("a bot", "192.0.2.1"), now=timezone.now())["refresh"]
    key, text = keys.make(user=host, name="Bot", scope="read", now=timezone.now())
    secrets = [refresh, text, key.secret_hash, host.get_session_auth_hash()]
    secrets += SignIn.objects.values_list("key", flat=True)

    for model, rows in (("signin", SignIn.objects.all()), ("apikey", ApiKey.objects.all())):
        listing = reverse(f"admin:accounts_{model}_changelist")
        pages = [client.get(listing), *(client.get(f"{listing}{row.pk}/change/") for row in rows)]

        assert {page.status_code for page in pages} == {200}
        assert list(pages[0].context["cl"].queryset) == list(rows)
        assert not any(secret in page.content.decode() for secret in secrets for page in pages)


def test_an_account_closed_in_the_admin_stays_signed_out_when_it_is_opened_again(client: Client, host: User) -> None:
    ana = UserFactory(username="ana")
    browser = Client()
    browser.force_login(ana)
    key, _ = keys.make(user=ana, name="Bot", scope="read", now=timezone.now())
    form = {"username": "ana", "email": ana.email, "time_zone": "UTC"}

    client.post(reverse("admin:accounts_user_change", args=[ana.pk]), form)
    client.post(reverse("admin:accounts_user_change", args=[ana.pk]), form | {"is_active": "on"})

    ana.refresh_from_db()
    key.refresh_from_db()
    assert (ana.is_active, key.ended_at is not None) == (True, True)
    assert browser.get("/api/v1/auth/me").status_code == 401
    assert SignIn.objects.get(user=ana).ended_at


def test_admin_keeps_addresses_in_one_form_and_its_accounts_count_as_confirmed(client: Client, host: User) -> None:
    given = {"username": "ana", "password1": PASSWORD, "password2": PASSWORD}

    refused = client.post(reverse("admin:accounts_user_add"), {**given, "email": "ana@straße.de"})
    client.post(reverse("admin:accounts_user_add"), {**given, "email": "Ana@MÜNCHEN.de"})

    user = User.objects.get(username="ana")
    assert refused.status_code == 200
    assert (user.email, user.email_verified_at is not None) == ("ana@xn--mnchen-3ya.de", True)


def test_admin_opens_closed_accounts_again_but_not_deleted_ones(client: Client, host: User) -> None:
    closed = UserFactory(is_active=False)
    deleted = UserFactory(is_active=False, deleted_at=timezone.now())

    answer = client.post(
        reverse("admin:accounts_user_changelist"),
        {"action": "reactivate", "_selected_action": [closed.pk, deleted.pk]},
        follow=True,
    )

    assert answer.status_code == 200
    assert set(User.objects.filter(is_active=False)) == {deleted}


def test_admin_switches_a_second_factor_off(client: Client, host: User) -> None:
    ana = UserFactory()
    factor, now = second_factor.begin(user=ana), timezone.now()
    second_factor.confirm(user=ana, otp=pyotp.TOTP(factor.secret).at(now), now=now)
    shown = client.get(reverse("admin:accounts_user_change", args=[ana.pk])).content.decode()

    client.post(
        reverse("admin:accounts_user_changelist"), {"action": "reset_second_factor", "_selected_action": [ana.pk]}
    )

    assert factor.secret not in shown
    assert not second_factor.is_on(ana)
