import pytest
from django.test import Client
from django.urls import reverse

from accounts import tokens
from accounts.models import User
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


def test_admin_shows_who_has_tokens_and_not_the_tokens(client: Client, host: User) -> None:
    used = tokens.issue(host)["refresh"]
    fresh = tokens.rotate(used)["refresh"]
    listing = reverse("admin:token_blacklist_outstandingtoken_changelist")

    listed = client.get(listing)
    rows = list(listed.context["cl"].queryset)
    texts = [listed.content.decode()] + [client.get(f"{listing}{row.pk}/change/").content.decode() for row in rows]

    view = listed.context["cl"].model_admin
    assert [view.is_used_up(row) for row in rows] == [False, True]
    assert not any(token in text for token in (used, fresh) for text in texts)
    assert client.get("/admin/token_blacklist/blacklistedtoken/").status_code == 404
