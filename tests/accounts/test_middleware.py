import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.middleware import TimeZoneMiddleware
from tests.factories import UserFactory


def zone_seen(request: HttpRequest) -> str:
    answer = TimeZoneMiddleware(lambda _: HttpResponse(timezone.get_current_timezone_name()))(request)
    return answer.content.decode()


@pytest.mark.parametrize(
    ("cookie", "zone"),
    [("Asia/Tokyo", "Asia/Tokyo"), ("Mars/Olympus", "UTC"), ("../../etc/passwd", "UTC"), (None, "UTC")],
)
def test_visitors_see_the_zone_of_their_browser(rf: RequestFactory, cookie: str | None, zone: str) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()
    if cookie:
        request.COOKIES["time_zone"] = cookie

    assert zone_seen(request) == zone


@pytest.mark.django_db
def test_accounts_see_their_own_zone(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = UserFactory(time_zone="Europe/Lisbon")
    request.COOKIES["time_zone"] = "Asia/Tokyo"

    assert zone_seen(request) == "Europe/Lisbon"


@pytest.mark.django_db
def test_programs_see_utc(rf: RequestFactory) -> None:
    request = rf.get("/api/v1/auth/me")
    request.user = UserFactory(time_zone="Europe/Lisbon")
    request.COOKIES["time_zone"] = "Asia/Tokyo"

    assert zone_seen(request) == "UTC"


@pytest.mark.django_db
def test_the_zone_ends_with_the_request(client: Client) -> None:
    client.cookies["time_zone"] = "Asia/Tokyo"

    client.get("/accounts/login/")

    assert timezone.get_current_timezone_name() == "UTC"
