from datetime import datetime, timedelta

import pytest
from django.test import Client

from fantasy_f1.core.events import Event, publish
from fantasy_f1.core.models import GameClock, Lease
from tests.factories import RaceFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def _rows(now: datetime) -> None:
    publish(Event(), source=RaceFactory(), actor=UserFactory(username="ana"), now=now)
    GameClock.objects.create(pk=1, offset=timedelta(days=1))
    Lease.objects.create(name="sync", expires_at=now)


@pytest.mark.usefixtures("_rows")
@pytest.mark.parametrize("model", ["eventlog", "gameclock", "lease"])
def test_what_only_the_app_writes_can_be_looked_at_and_not_touched(model: str, admin_client: Client) -> None:
    page = admin_client.get(f"/admin/core/{model}/")
    add = admin_client.get(f"/admin/core/{model}/add/")

    view = page.context["cl"].model_admin
    assert (page.status_code, page.context["cl"].result_count, add.status_code) == (200, 1, 403)
    assert not view.has_change_permission(page.wsgi_request)
    assert not view.has_delete_permission(page.wsgi_request)


@pytest.mark.usefixtures("_rows")
def test_events_can_be_searched_by_topic_and_person(admin_client: Client) -> None:
    found = [
        admin_client.get("/admin/core/eventlog/", {"q": query}).context["cl"].result_count
        for query in ("race:", "ana", "draft:")
    ]

    assert found == [1, 1, 0]


def test_the_admin_bears_the_name_and_icon_of_the_app(admin_client: Client) -> None:
    page = admin_client.get("/admin/").content.decode()

    assert "Administration | Fantasy F1" in page
    assert 'href="/static/img/favicon.svg"' in page


def test_the_admin_wears_the_apps_colours(admin_client: Client) -> None:
    assert "/static/css/admin.css" in admin_client.get("/admin/").content.decode()


@pytest.mark.usefixtures("_rows")
def test_lists_are_filtered_by_what_they_offer_and_nothing_else(admin_client: Client) -> None:
    path = "/admin/core/eventlog/"
    answers = [
        admin_client.get(f"{path}?{query}").status_code
        for query in (
            "name=Event",
            "created_at__gte=2026-01-01T00:00:00Z",
            "actor__password__startswith=b",
            "data__regex=a",
        )
    ]

    assert answers == [200, 200, 400, 400]


def test_the_admin_has_no_login_of_its_own(client: Client) -> None:
    asked = client.get("/admin/core/lease/")
    answer = client.get(asked["Location"])

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/admin/core/lease/")
    assert client.get("/admin/login/")["Location"] == "/accounts/login/?next=/admin/"
    assert client.post("/admin/login/", {"username": "host", "password": "x"}).status_code == 405


def test_who_may_not_use_the_admin_is_told_who_may(client: Client) -> None:
    client.force_login(UserFactory(username="ana"))

    answer = client.get("/admin/core/lease/", follow=True)

    assert (answer.status_code, len(answer.redirect_chain)) == (403, 1)
    assert "for the host of this site" in answer.content.decode()
    assert "signed in as ana" in answer.content.decode()


@pytest.mark.parametrize(
    ("target", "after"), [("/admin/core/lease/", "/admin/core/lease/"), ("//evil.example/", "/admin/"), ("", "/admin/")]
)
def test_the_login_of_the_admin_leads_on_who_is_signed_in(target: str, after: str, admin_client: Client) -> None:
    assert admin_client.get("/admin/login/", {"next": target})["Location"] == after
