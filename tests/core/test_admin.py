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
