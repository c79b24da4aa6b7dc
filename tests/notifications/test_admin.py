from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from notifications.models import Notification
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("is_superuser", "status"), [(True, 200), (False, 403)])
def test_the_host_looks_and_managers_do_not(client: Client, now: datetime, is_superuser: bool, status: int) -> None:
    news = Notification.objects.create(user=UserFactory(), type="league", title="N", dedupe_key="a", created_at=now)
    client.force_login(UserFactory(is_staff=True, is_superuser=is_superuser))
    change = reverse("admin:notifications_notification_change", args=[news.pk])

    assert client.get(reverse("admin:notifications_notification_changelist"), {"q": "n"}).status_code == status
    assert client.get(change).status_code == status
    assert client.post(change, {}).status_code == 403


def test_there_is_no_row_with_an_id_that_cannot_be(admin_client: Client) -> None:
    for page, status in {"change": 302, "history": 302, "delete": 403}.items():
        assert admin_client.get(f"/admin/notifications/toldscore/{'9' * 30}/{page}/").status_code == status
