import json
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import RecoveryCode, SecondFactor, User
from accounts.second_factor import is_on
from accounts.shield import raise_shield
from fantasy_f1.core import clock
from fantasy_f1.core.spoilers import is_hidden
from tests.factories import PASSWORD, ConstructorFactory, LeagueFactory, UserFactory

pytestmark = pytest.mark.django_db

PAGES = ["profile", "email", "second_factor", "close"]
ACTIONS = [
    "hide_results",
    "show_results",
    "reveal_results",
    "send_verification",
    "second_factor_begin",
    "second_factor_confirm",
    "second_factor_disable",
]
ENDS = ["deactivate", "delete"]


@pytest.fixture
def ana(client: Client) -> User:
    user = UserFactory(username="ana", full_name="Ana Lopes", time_zone="Europe/Lisbon")
    client.force_login(user)
    return user


@pytest.mark.parametrize("name", [*PAGES, "export"])
def test_pages_of_an_account_ask_visitors_to_log_in(client: Client, name: str) -> None:
    address = reverse(f"accounts:{name}")

    answer = client.get(address)

    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={address}")


@pytest.mark.parametrize("name", [*ACTIONS, *ENDS])
def test_actions_ask_visitors_to_log_in(client: Client, name: str) -> None:
    answer = client.post(reverse(f"accounts:{name}"))

    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/accounts/login/")


@pytest.mark.usefixtures("ana")
@pytest.mark.parametrize("name", [*ACTIONS, *ENDS])
def test_actions_lead_who_comes_by_a_link_to_their_page(client: Client, name: str) -> None:
    answer = client.get(reverse(f"accounts:{name}"), follow=True)

    assert answer.status_code == 200


@pytest.mark.usefixtures("ana")
@pytest.mark.parametrize("name", PAGES)
def test_pages_of_an_account_answer(client: Client, name: str) -> None:
    assert client.get(reverse(f"accounts:{name}")).status_code == 200


def test_profile_shows_and_saves_what_the_account_says(client: Client, ana: User) -> None:
    page = client.get(reverse("accounts:profile"))

    answer = client.post(reverse("accounts:profile"), {"full_name": "Ana L.", "time_zone": "tokyo"}, follow=True)

    ana.refresh_from_db()
    assert 'value="Europe/Lisbon"' in page.content.decode()
    assert (ana.full_name, ana.time_zone) == ("Ana L.", "Asia/Tokyo")
    assert [str(message) for message in answer.context["messages"]] == ["Saved."]


@pytest.mark.parametrize(
    ("changed", "field"), [({"full_name": "\u200b"}, "full_name"), ({"time_zone": "Mars/Olympus"}, "time_zone")]
)
def test_profile_keeps_the_account_where_a_value_is_refused(
    client: Client, ana: User, changed: dict[str, str], field: str
) -> None:
    answer = client.post(reverse("accounts:profile"), {"full_name": "Other", "time_zone": "UTC", **changed})

    ana.refresh_from_db()
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])
    assert (ana.full_name, ana.time_zone) == ("Ana Lopes", "Europe/Lisbon")
    assert "Ana Lopes" in answer.content.decode()


def test_the_second_factor_is_set_up_with_an_app_and_switched_off_again(client: Client, ana: User) -> None:
    begun = client.post(reverse("accounts:second_factor_begin"), {"current_password": PASSWORD})
    secret = SecondFactor.objects.get().secret
    mistyped = client.post(reverse("accounts:second_factor_confirm"), {"otp": "000000x"})
    was_on = is_on(ana)
    otp = pyotp.TOTP(secret).at(datetime.now(UTC))
    confirmed = client.post(reverse("accounts:second_factor_confirm"), {"otp": otp})
    codes = confirmed.context["codes"]
    page = client.get(reverse("accounts:second_factor")).content.decode()
    profile = client.get(reverse("accounts:profile")).content.decode()
    off = client.post(
        reverse("accounts:second_factor_disable"), {"current_password": PASSWORD, "otp": codes[0]}, follow=True
    )

    assert [answer.status_code for answer in (begun, mistyped, confirmed)] == [200, 400, 200]
    assert [answer["Cache-Control"] for answer in (begun, mistyped, confirmed)] == ["no-store"] * 3
    assert all("<svg" in answer.content.decode() and secret in answer.content.decode() for answer in (begun, mistyped))
    assert not was_on
    assert all(code in confirmed.content.decode() for code in codes)
    assert "You have 10 recovery codes left" in page
    assert secret not in page + profile
    assert ">On</span>" in profile
    assert [str(text) for text in off.context["messages"]] == ["The second factor is off."]
    assert (is_on(ana), RecoveryCode.objects.count()) == (False, 0)


@pytest.mark.usefixtures("ana")
@pytest.mark.parametrize(
    ("given", "field"), [({"current_password": "wrong"}, "current_password"), ({}, "current_password")]
)
def test_setting_it_up_takes_the_password(client: Client, given: dict[str, str], field: str) -> None:
    answer = client.post(reverse("accounts:second_factor_begin"), given)

    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])
    assert not SecondFactor.objects.exists()


def test_switching_it_off_takes_password_and_code(client: Client, ana: User) -> None:
    SecondFactor.objects.create(user=ana, secret="A" * 32, confirmed_at=datetime.now(UTC))
    page = reverse("accounts:second_factor_disable")

    answers = [
        client.post(page, {"current_password": PASSWORD}),
        client.post(page, {"current_password": PASSWORD, "otp": "000000x"}),
        client.post(page, {"current_password": "wrong", "otp": "000000"}),
    ]

    assert [list(answer.context["form"].errors) for answer in answers] == [["otp"], ["otp"], ["current_password"]]
    assert {answer.status_code for answer in answers} == {400}
    assert is_on(ana)


@pytest.mark.usefixtures("ana")
def test_nothing_is_confirmed_before_it_is_set_up(client: Client) -> None:
    answer = client.post(reverse("accounts:second_factor_confirm"), {"otp": ""})

    assert (answer.status_code, answer["Location"]) == (302, reverse("accounts:second_factor"))


def test_an_empty_code_shows_the_set_up_again(client: Client, ana: User) -> None:
    client.post(reverse("accounts:second_factor_begin"), {"current_password": PASSWORD})

    answer = client.post(reverse("accounts:second_factor_confirm"), {"otp": ""})

    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["otp"])


def test_ones_data_are_a_file(client: Client, ana: User) -> None:
    answer = client.get(reverse("accounts:export"))

    assert answer["Content-Disposition"] == 'attachment; filename="fantasy-f1-ana.json"'
    assert json.loads(answer.content)["account"]["id"] == ana.pk


@pytest.mark.parametrize(
    ("name", "text", "username"),
    [
        ("deactivate", "Your account is closed. The host can open it again for you.", "ana"),
        ("delete", "Your account is deleted. Thank you for playing.", "deleted-{}"),
    ],
)
def test_an_account_is_closed_and_logged_out(client: Client, ana: User, name: str, text: str, username: str) -> None:
    elsewhere = Client()
    elsewhere.force_login(ana)

    answer = client.post(reverse(f"accounts:{name}"), {"current_password": PASSWORD}, follow=True)

    ana.refresh_from_db()
    assert [str(message) for message in answer.context["messages"]] == [text]
    assert (ana.is_active, ana.username) == (False, username.format(ana.pk))
    assert [browser.get(reverse("accounts:profile")).status_code for browser in (client, elsewhere)] == [302, 302]


@pytest.mark.parametrize("name", ENDS)
def test_closing_says_what_stands_against_it(client: Client, ana: User, name: str) -> None:
    league = LeagueFactory(name="Paddock Club", creator=ana)
    ConstructorFactory(league=league)
    page = reverse(f"accounts:{name}")

    answers = [client.post(page, {"current_password": password}) for password in ("", "wrong", PASSWORD)]

    ana.refresh_from_db()
    assert ana.is_active
    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert [list(answer.context["form"].errors) for answer in answers] == [["current_password"]] * 2 + [["__all__"]]
    assert "the only manager of Paddock Club" in answers[2].content.decode()


def test_the_spoiler_shield_goes_up_and_down(client: Client, ana: User) -> None:
    page = client.post(reverse("accounts:hide_results"), follow=True).content.decode()

    ana.refresh_from_db()
    assert is_hidden(clock.now() + timedelta(days=1), ana.results_until)
    assert "Nothing is hidden at the moment." in page

    page = client.post(reverse("accounts:show_results"), follow=True).content.decode()

    ana.refresh_from_db()
    assert not is_hidden(clock.now() + timedelta(days=1), ana.results_until)
    assert "Hide results from now on" in page


def test_a_result_is_revealed_on_the_page_where_it_is_asked_for(client: Client, ana: User) -> None:
    raise_shield(user=ana, now=clock.now() - timedelta(days=9))
    start = clock.now() - timedelta(days=2)

    answer = client.post(
        reverse("accounts:reveal_results"), {"until": start.isoformat(), "next": "/races/?season=2026"}
    )

    ana.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, "/races/?season=2026")
    assert ana.results_until == start


@pytest.mark.usefixtures("ana")
@pytest.mark.parametrize("page", ["", "https://elsewhere.example.com/", "//elsewhere.example.com"])
def test_revealing_leads_nowhere_else(client: Client, page: str) -> None:
    answer = client.post(reverse("accounts:reveal_results"), {"until": "2026-07-26T13:00:00Z", "next": page})

    assert (answer.status_code, answer["Location"]) == (302, reverse("accounts:profile"))


def test_what_is_no_moment_reveals_nothing(client: Client, ana: User) -> None:
    raise_shield(user=ana, now=clock.now() - timedelta(days=9))

    answer = client.post(reverse("accounts:reveal_results"), {"until": "the race"})

    ana.refresh_from_db()
    assert answer.status_code == 400
    assert is_hidden(clock.now() - timedelta(days=2), ana.results_until)
