from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from notifications import health
from notifications.models import Delivery, Notification, WebhookDelivery
from tests.factories import ConstructorFactory, LeagueFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("is_superuser", "status"), [(True, 200), (False, 403)])
def test_what_is_of_no_league_is_seen_by_the_host_alone(
    client: Client, now: datetime, is_superuser: bool, status: int
) -> None:
    news = Notification.objects.create(user=UserFactory(), type="league", title="N", dedupe_key="a", created_at=now)
    client.force_login(UserFactory(is_staff=True, is_superuser=is_superuser))
    change = reverse("admin:notifications_notification_change", args=[news.pk])

    assert client.get(reverse("admin:notifications_notification_changelist"), {"q": "n"}).status_code == status
    assert client.get(change).status_code == status
    assert client.post(change, {}).status_code == 403


def test_a_manager_tells_again_and_a_refusal_is_shown(client: Client, now: datetime) -> None:
    manager = UserFactory(is_staff=True)
    league = LeagueFactory(creator=manager)
    team, gone = ConstructorFactory(league=league), ConstructorFactory(league=league, is_active=False)
    for each in (team, gone):
        Notification.objects.create(
            user=each.user, type="league", title="N", dedupe_key="a", league=league, is_read=True, created_at=now
        )
    client.force_login(manager)

    chosen = list(Notification.objects.values_list("pk", flat=True))
    listing = reverse("admin:notifications_notification_changelist")
    answer = client.post(listing, {"action": "tell_again", "_selected_action": chosen}, follow=True)

    assert sorted(str(message) for message in answer.context["messages"]) == sorted(
        [f"{team.user} is told again: N.", f"N: {gone.user} is not in {league} any more."]
    )
    assert list(Notification.objects.filter(is_read=False)) == [team.user.notifications.get()]


def test_there_is_no_row_with_an_id_that_cannot_be(admin_client: Client) -> None:
    for page, status in {"change": 302, "history": 302, "delete": 403}.items():
        assert admin_client.get(f"/admin/notifications/toldscore/{'9' * 30}/{page}/").status_code == status


def test_the_host_sees_what_was_given_up_and_sends_it_again(admin_client: Client, now: datetime) -> None:
    user = UserFactory(username="ana")
    news = Notification.objects.create(user=user, type="pick_turn", title="Secret", dedupe_key="a", created_at=now)
    given_up, sent = (
        Delivery.objects.create(
            notification=news, channel=channel, state=state, error=error, attempts=9, next_at=now, created_at=now
        )
        for channel, state, error in (("email", "failed", "No such address"), ("push", "sent", ""))
    )
    listing = reverse("admin:notifications_delivery_changelist")

    page = admin_client.get(listing, {"state__exact": "failed"}).content.decode()
    chosen = {"action": "send_again", "_selected_action": [given_up.pk, sent.pk]}
    answer = admin_client.post(listing, chosen, follow=True)

    assert "Given up" in page
    assert "No such address" in page
    assert sorted(str(message) for message in answer.context["messages"]) == [
        "Secret by E-mail is tried once more.",
        "Secret by Push: Only what was given up can be sent again.",
    ]
    given_up.refresh_from_db()
    assert (given_up.state, given_up.attempts, given_up.error) == ("waiting", 0, "")
    assert admin_client.get(reverse("admin:notifications_delivery_change", args=[sent.pk])).status_code == 200


def test_the_host_leaves_alone_what_was_given_up(admin_client: Client, now: datetime) -> None:
    news = Notification.objects.create(user=UserFactory(), type="league", title="N", dedupe_key="a", created_at=now)
    for channel, state in (("email", "failed"), ("push", "waiting")):
        Delivery.objects.create(
            notification=news, channel=channel, state=state, error="No", next_at=now, created_at=now
        )
    chosen = {"action": "leave", "_selected_action": list(Delivery.objects.values_list("pk", flat=True))}

    answer = admin_client.post(reverse("admin:notifications_delivery_changelist"), chosen, follow=True)

    [said] = answer.context["messages"]
    assert str(said) == "1 of these were given up, and are left alone now."
    assert list(Delivery.objects.order_by("pk").values_list("state", "error")) == [("dropped", "No"), ("waiting", "No")]
    assert health.warnings(now) == []


def test_the_host_sends_posts_again_also_to_webhooks_of_users(admin_client: Client, now: datetime) -> None:
    user, league = UserFactory(username="ana"), LeagueFactory()
    for webhooks in (user.webhooks, league.webhooks):
        webhook = webhooks.create(url="https://a.example/", format="json", events=[], created_at=now)
        webhook.deliveries.create(event_key="x", type="draft.opened", state="failed", next_at=now, created_at=now)
    listing = reverse("admin:notifications_webhookdelivery_changelist")

    chosen = {"action": "send_again", "_selected_action": list(WebhookDelivery.objects.values_list("pk", flat=True))}
    admin_client.post(listing, chosen)

    assert [post.state for post in WebhookDelivery.objects.all()] == ["waiting", "waiting"]


def test_managers_see_no_deliveries(client: Client) -> None:
    manager = UserFactory(is_staff=True)
    LeagueFactory(creator=manager)
    client.force_login(manager)

    assert client.get(reverse("admin:notifications_delivery_changelist")).status_code == 403
