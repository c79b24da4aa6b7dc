"""The pages of webhooks, as a browser without scripts uses them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from leagues.models import League
from notifications import health
from notifications.outgoing import Outgoing
from notifications.webhooks import endpoints
from notifications.webhooks.models import Webhook
from tests.factories import UserFactory
from tests.notifications.webhooks.conftest import Make, beat
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_manager(manager: User) -> Client:
    client = Client()
    client.force_login(manager)
    return client


def test_a_webhook_is_added_and_its_secret_shown_this_once(
    as_manager: Client, league: League, receiver: Receiver
) -> None:
    page = f"/leagues/{league.pk}/webhooks/"
    added = as_manager.post(page, {"url": receiver.url, "format": ""})
    webhook = Webhook.objects.get()

    assert added.status_code == 201
    assert webhook.secret in added.content.decode()
    assert added["Cache-Control"].startswith("max-age=0")
    for later in (page, webhook.get_absolute_url()):
        assert webhook.secret not in as_manager.get(later).content.decode()


def test_a_chat_has_no_secret_and_one_goes_on_to_choose_events(as_manager: Client, receiver: Receiver) -> None:
    added = as_manager.post("/webhooks/", {"url": receiver.url, "format": "discord"}, follow=True)

    webhook = Webhook.objects.get()
    assert added.redirect_chain == [(f"/webhooks/{webhook.pk}/", 302)]
    assert webhook.secret not in added.content.decode()


@pytest.mark.parametrize(
    ("url", "why"), [("https://10.0.0.1/", "public internet"), ("", "This field is required"), ("ftp://x/", "https://")]
)
def test_what_is_wrong_with_an_address_is_said_beside_it(as_manager: Client, url: str, why: str) -> None:
    refused = as_manager.post("/webhooks/", {"url": url})

    assert refused.status_code == 400
    assert why in refused.context["form"].errors["url"][0]


def test_at_the_most_there_is_no_form(as_manager: Client, manager: User, make: Make) -> None:
    for _ in range(endpoints.MOST_OF_USER):
        make(user=manager)

    assert "which is the most" in as_manager.get("/webhooks/").content.decode()


def test_only_managers_see_those_of_a_league(league: League, player: User) -> None:
    client = Client()
    client.force_login(player)

    assert client.get(f"/leagues/{league.pk}/webhooks/").status_code == 403
    assert client.post(f"/leagues/{league.pk}/webhooks/", {"url": "https://93.184.215.14/"}).status_code == 403
    client.force_login(UserFactory())
    assert client.get(f"/leagues/{league.pk}/webhooks/").status_code == 404
    assert Client().get("/webhooks/").status_code == 302


def test_others_find_no_page_of_it(league: League, player: User, make: Make) -> None:
    webhook, now = make(league=league), timezone.now()
    post = webhook.deliveries.create(event_key="x", type="draft.opened", state="failed", next_at=now, created_at=now)
    client = Client()
    client.force_login(player)

    for path in ("", "test/", "secret/", "switch/", "remove/", f"posts/{post.pk}/again/"):
        assert client.post(f"{webhook.get_absolute_url()}{path}").status_code == 404
    assert client.get(webhook.get_absolute_url()).status_code == 404
    assert Webhook.objects.get().is_active


def test_a_post_of_another_webhook_is_not_sent_again_by_this_ones_page(
    as_manager: Client, manager: User, make: Make
) -> None:
    mine, other, now = make(user=manager), make(user=manager), timezone.now()
    post = other.deliveries.create(event_key="x", type="draft.opened", state="failed", next_at=now, created_at=now)

    assert as_manager.post(f"/webhooks/{mine.pk}/posts/{post.pk}/again/").status_code == 404


def test_a_test_is_sent_and_seen_in_the_log(as_manager: Client, league: League, receiver: Receiver, make: Make) -> None:
    page = make(league=league).get_absolute_url()
    receiver.answers(lambda handler: handler.answer("500", body=b"<b>Oh no</b>"))
    waiting = as_manager.post(f"{page}test/", follow=True).content.decode()
    beat()
    failed = as_manager.get(page).content.decode()
    post = Webhook.objects.get().deliveries.get()
    as_manager.post(f"{page}posts/{post.pk}/again/")
    beat()
    sent = as_manager.get(page).content.decode()

    assert 'hx-trigger="load delay:2s"' in waiting
    assert "hx-trigger" not in failed.partition('id="posts"')[2].partition(">")[0]
    assert "Given up · answer 500" in failed
    assert "&lt;b&gt;Oh no&lt;/b&gt;" in failed
    assert "Sent · answer 200" in sent


def test_a_page_does_not_ask_all_the_time_for_what_waits_until_the_webhook_has_rested(
    as_manager: Client, league: League, make: Make
) -> None:
    now = timezone.now()
    resting = make(league=league, failures=1, rests_until=now + timedelta(minutes=30))
    resting.deliveries.create(event_key="x", type="draft.opened", next_at=now, created_at=now)
    page = resting.get_absolute_url()

    assert "hx-trigger" not in as_manager.get(page).content.decode().partition('id="posts"')[2].partition(">")[0]
    as_manager.post(f"{page}test/")
    assert "hx-trigger" in as_manager.get(page).content.decode().partition('id="posts"')[2].partition(">")[0]


def test_a_test_that_fails_is_nothing_that_the_host_is_warned_of(
    as_manager: Client, league: League, receiver: Receiver, make: Make
) -> None:
    page = make(league=league).get_absolute_url()
    receiver.answers("500")
    as_manager.post(f"{page}test/")
    beat()

    assert Webhook.objects.get().deliveries.get().state == Outgoing.State.FAILED
    assert health.warnings(timezone.now()) == []


def test_the_log_alone_is_what_htmx_gets(as_manager: Client, league: League, make: Make) -> None:
    page = as_manager.get(make(league=league).get_absolute_url(), headers={"HX-Request": "true"}).content.decode()

    assert page.lstrip().startswith('<section id="posts"')
    assert "<form class" not in page


def test_events_are_chosen(as_manager: Client, league: League, make: Make) -> None:
    webhook = make(league=league)

    saved = as_manager.post(webhook.get_absolute_url(), {"events": ["draft.opened", "score.*"]})
    nothing = as_manager.post(webhook.get_absolute_url(), {})

    webhook.refresh_from_db()
    assert (saved.status_code, nothing.status_code) == (302, 400)
    assert "autofocus>Choose at least one kind of event." in nothing.content.decode()
    assert webhook.events == ["draft.opened", "score.*"]


def test_it_is_switched_off_and_on_gets_another_secret_and_is_removed(
    as_manager: Client, league: League, make: Make
) -> None:
    webhook = make(league=league)
    page = webhook.get_absolute_url()

    as_manager.post(f"{page}switch/", {"on": "0"})
    assert not Webhook.objects.get().is_active
    as_manager.post(f"{page}switch/", {"on": "1"})
    assert Webhook.objects.get().is_active
    now = timezone.now()
    for key in range(21):
        webhook.deliveries.create(event_key=key, message_id=key, type="draft.opened", next_at=now, created_at=now)
    rotated = as_manager.post(f"{page}secret/")
    assert f'href="{page}?page=2"' in rotated.content.decode()
    assert Webhook.objects.get().secret in rotated.content.decode()
    assert as_manager.get(f"{page}secret/").status_code == 302
    removed = as_manager.post(f"{page}remove/")
    assert removed["Location"] == f"/leagues/{league.pk}/webhooks/"
    assert not Webhook.objects.exists()


def test_who_was_switched_off_reads_why(as_manager: Client, manager: User, make: Make) -> None:
    webhook = make(user=manager, is_active=False, disabled_at=timezone.now(), disabled_reason="It answered 410.")

    assert "It answered 410." in as_manager.get(webhook.get_absolute_url()).content.decode()
    resting = make(user=manager, failures=2, rests_until=timezone.now() + timedelta(minutes=5))
    assert "It failed 2 times in a row." in as_manager.get(resting.get_absolute_url()).content.decode()


def test_the_pages_cost_the_same_for_one_and_for_three(as_manager: Client, league: League, make: Make) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            as_manager.get(f"/leagues/{league.pk}/webhooks/")
            as_manager.get(webhook.get_absolute_url())
        return len(queries)

    webhook, now = make(league=league), timezone.now()
    webhook.deliveries.create(event_key="0", type="draft.opened", next_at=now, created_at=now)
    count()
    one = count()
    for number in range(1, 4):
        make(league=league)
        webhook.deliveries.create(event_key=str(number), type="draft.opened", next_at=now, created_at=now)

    assert count() == one
