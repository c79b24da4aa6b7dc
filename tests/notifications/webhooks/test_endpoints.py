"""Adding webhooks and looking after them: the commands."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts import closing, export
from accounts.models import User
from fantasy_f1.core.errors import Invalid, NotAllowed
from fantasy_f1.core.outbound import AddressRefused
from fantasy_f1.core.ratelimit import RateLimited
from leagues.history import history
from leagues.models import League
from notifications.outgoing import NothingToRepeat
from notifications.webhooks import endpoints
from notifications.webhooks.endpoints import NoSuchWebhook, NotSigned, TooManyWebhooks, WebhookOff
from notifications.webhooks.happenings import AREAS, FOR_CHATS
from notifications.webhooks.models import Webhook
from tests.contention import outcomes
from tests.factories import PASSWORD, LeagueFactory, UserFactory
from tests.notifications.webhooks.conftest import Make

pytestmark = pytest.mark.django_db
URL = "https://93.184.215.14/hook"


def add(actor: User, league: League | None = None, url: str = URL, **values: Any) -> Webhook:
    return endpoints.add(actor=actor, league=league, url=url, now=timezone.now(), **values)


@pytest.mark.parametrize(
    ("url", "format"),
    [
        ("https://discord.com/api/webhooks/1/abc", "discord"),
        ("https://ptb.discord.com/api/v10/webhooks/1/abc", "discord"),
        ("https://discordapp.com/api/webhooks/1/abc", "discord"),
        ("https://discord.com/api/webhooks/1/abc/slack", "slack"),
        ("https://hooks.slack.com/services/T0/B0/x", "slack"),
        ("https://bot.example.com/api/webhooks", "json"),
        ("https://discord.com.example.com/api/webhooks/1/abc", "json"),
        ("https://discord.com/channels/1", "json"),
    ],
)
def test_the_address_tells_the_format(url: str, format: str) -> None:
    assert endpoints.format_of(url) == format


def test_a_program_hears_all_and_a_chat_what_does_not_come_too_often(manager: User, league: League) -> None:
    signed, chat = add(manager), add(manager, league, format="slack")

    assert (signed.user, signed.league, signed.format, signed.events) == (manager, None, "json", list(AREAS))
    assert (chat.user, chat.league, chat.events) == (None, league, list(FOR_CHATS))
    assert signed.secret != chat.secret
    assert len(signed.secret) == len("whsec_") + 44


def test_the_league_reads_in_its_history_that_there_is_a_webhook(manager: User, league: League) -> None:
    webhook = add(manager, league)
    endpoints.remove(webhook_id=webhook.pk, actor=manager)

    assert [line.what for line in history(league)[:2]] == [
        "removed the webhook to 93.184.215.14",
        "let 93.184.215.14 hear of what happens here, by a webhook",
    ]


def test_only_managers_add_one_to_a_league(player: User, league: League) -> None:
    with pytest.raises(NotAllowed):
        add(player, league)


@pytest.mark.parametrize("url", ["http://93.184.215.14/", "https://10.0.0.1/", "https://127.0.0.1/", "x"])
def test_an_address_that_leads_inside_is_refused_when_it_is_added(url: str, manager: User) -> None:
    with pytest.raises(AddressRefused):
        add(manager, url=url)
    assert not Webhook.objects.exists()


def test_events_that_there_are_not_are_refused(manager: User) -> None:
    with pytest.raises(Invalid, match=r"There is no event draft\.won\."):
        add(manager, events=["draft.won"])


def test_there_are_ten_of_a_user_and_five_of_a_league(manager: User, league: League) -> None:
    for _ in range(10):
        add(manager)
    for _ in range(5):
        add(manager, league)

    with pytest.raises(TooManyWebhooks, match="10 webhooks"):
        add(manager)
    with pytest.raises(TooManyWebhooks, match="5 webhooks"):
        add(manager, league)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_than_five_are_added(manager: User, league: League) -> None:
    assert outcomes([lambda: add(manager, league)] * 7) == {"won": 5, "too_many_webhooks": 2}


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_removes_it_and_the_history_says_so_once(manager: User, league: League) -> None:
    pk = add(manager, league).pk

    assert outcomes([lambda: endpoints.remove(webhook_id=pk, actor=manager)] * 4) == {"won": 1, "not_found": 3}
    assert [line.what for line in history(league) if "removed" in line.what] == ["removed the webhook to 93.184.215.14"]


def test_others_webhooks_are_not_there(manager: User, player: User, league: League) -> None:
    own, of_league = add(manager), add(manager, league)
    now = timezone.now()

    for pk in (own.pk, of_league.pk, 999_999):
        for command in (
            lambda pk: endpoints.change(webhook_id=pk, actor=player, is_active=False, now=now),
            lambda pk: endpoints.remove(webhook_id=pk, actor=player),
            lambda pk: endpoints.rotate_secret(webhook_id=pk, actor=player, now=now),
            lambda pk: endpoints.test(webhook_id=pk, actor=player, now=now),
        ):
            with pytest.raises(NoSuchWebhook):
                command(pk)
    assert Webhook.objects.filter(is_active=True).count() == 2


def test_a_host_sees_those_of_leagues_but_not_those_of_users(manager: User, league: League) -> None:
    add(manager)
    of_league = add(manager, league)

    assert list(Webhook.objects.visible_to(UserFactory(is_superuser=True))) == [of_league]


def test_switching_off_gives_up_what_waits_and_switching_on_begins_afresh(manager: User, make: Make) -> None:
    webhook, now = (
        make(user=manager, failures=3, failing_since=timezone.now(), rests_until=timezone.now()),
        timezone.now(),
    )
    post = webhook.deliveries.create(event_key="x", type="draft.opened", next_at=now, created_at=now)

    endpoints.change(webhook_id=webhook.pk, actor=manager, is_active=False, now=now)
    post.refresh_from_db()
    assert (post.state, post.error) == ("failed", "The webhook was switched off.")
    with pytest.raises(WebhookOff):
        endpoints.send_again(delivery_id=post.pk, actor=manager)

    webhook = endpoints.change(webhook_id=webhook.pk, actor=manager, is_active=True, now=now)
    assert (webhook.is_active, webhook.failures, webhook.failing_since, webhook.rests_until) == (True, 0, None, None)
    assert endpoints.send_again(delivery_id=post.pk, actor=manager).state == "waiting"
    with pytest.raises(NothingToRepeat):
        endpoints.send_again(delivery_id=post.pk, actor=manager)
    with pytest.raises(NoSuchWebhook):
        endpoints.send_again(delivery_id=999_999, actor=manager)


def test_it_must_be_told_something(manager: User, make: Make) -> None:
    webhook = make(user=manager)

    with pytest.raises(Invalid):
        endpoints.change(webhook_id=webhook.pk, actor=manager, events=[], now=timezone.now())
    changed = endpoints.change(
        webhook_id=webhook.pk, actor=manager, events=["draft.*", "draft.*", "score.race_scored"], now=timezone.now()
    )
    assert changed.events == ["draft.*", "score.race_scored"]


def test_another_secret_keeps_the_one_before_for_a_day(manager: User, make: Make) -> None:
    webhook, now = make(user=manager), timezone.now()

    changed = endpoints.rotate_secret(webhook_id=webhook.pk, actor=manager, now=now)

    assert changed.secret not in ("", webhook.secret)
    assert (changed.old_secret, changed.old_secret_until) == (webhook.secret, now + timedelta(hours=24))
    with pytest.raises(NotSigned):
        endpoints.rotate_secret(webhook_id=make(user=manager, format="slack").pk, actor=manager, now=now)


def test_tests_are_limited(manager: User, make: Make, limits: Settings) -> None:
    webhook = make(user=manager)
    for _ in range(5):
        endpoints.test(webhook_id=webhook.pk, actor=manager, now=timezone.now())

    with pytest.raises(RateLimited):
        endpoints.test(webhook_id=webhook.pk, actor=manager, now=timezone.now())


def test_what_is_shown_of_an_address_lets_nobody_post_there() -> None:
    webhook = Webhook(url="https://discord.com/api/webhooks/123/very-secret-token")

    assert webhook.short_url == "discord.com/…-token"
    assert Webhook(url="https://a.example/f1/").short_url == "a.example/f1"


def test_a_deleted_account_has_no_webhooks_and_those_of_leagues_stay(manager: User, league: League) -> None:
    leaving = UserFactory()
    add(leaving)
    kept = add(manager, league)
    now = timezone.now()

    closing.delete(user=leaving, password=PASSWORD, otp="", now=now, at=now)

    assert list(Webhook.objects.all()) == [kept]


def test_ones_data_has_ones_webhooks_without_their_secrets(manager: User, league: League) -> None:
    webhook = add(manager)
    add(manager, league)

    (kept,) = export.export(manager)["webhooks"]

    assert kept["url"] == URL
    assert webhook.secret not in str(kept)


# Over the API ------------------------------------------------------------------------------------


@pytest.fixture
def api(manager: User) -> Client:
    client = Client()
    client.force_login(manager)
    return client


def ask(api: Client, method: str, path: str, body: Any = None) -> Any:
    return api.generic(method, f"/api/v1/webhooks{path}", b"" if body is None else json.dumps(body), "application/json")


def test_the_secret_is_in_the_first_answer_only(api: Client, league: League) -> None:
    made = ask(api, "POST", "", {"url": URL, "league": league.pk, "events": ["score.*"]})
    read = ask(api, "GET", f"/{made.json()['id']}")

    assert (made.status_code, made["Location"]) == (201, f"/api/v1/webhooks/{made.json()['id']}")
    assert made.json()["secret"].startswith("whsec_")
    assert read.json() == {name: value for name, value in made.json().items() if name != "secret"}
    assert read.json()["league"] == league.pk
    rotated = ask(api, "POST", f"/{made.json()['id']}/rotate-secret")
    assert rotated.json()["secret"] not in ("", made.json()["secret"])


def test_a_chat_has_no_secret(api: Client) -> None:
    made = ask(api, "POST", "", {"url": URL, "format": "discord"})

    assert made.json()["secret"] is None
    refused = ask(api, "POST", f"/{made.json()['id']}/rotate-secret")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_signed")


def test_a_league_that_one_cannot_see_is_told_from_none_by_nothing(api: Client, player: User) -> None:
    hidden = LeagueFactory(is_private=True)
    answers = [ask(api, "POST", "", {"url": URL, "league": pk}) for pk in (hidden.pk, 999_999)]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].json() == answers[1].json()
    foreign = ask(api, "POST", "", {"url": URL, "league": LeagueFactory().pk})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_allowed")


def test_an_address_that_is_refused_is_told_with_its_field(api: Client) -> None:
    answer = ask(api, "POST", "", {"url": "https://192.168.0.1/"})

    assert (answer.status_code, answer.json()["code"]) == (400, "address_refused")
    assert list(answer.json()["errors"]) == ["url"]


def test_the_log_of_a_webhook_can_be_filtered(api: Client, manager: User, make: Make) -> None:
    webhook, now = make(user=manager), timezone.now()
    for state in ("sent", "failed", "waiting"):
        webhook.deliveries.create(event_key=state, type="draft.opened", state=state, next_at=now, created_at=now)

    def states(query: str = "") -> list[str]:
        return [row["state"] for row in ask(api, "GET", f"/{webhook.pk}/deliveries{query}").json()["results"]]

    assert states() == ["waiting", "failed", "sent"]
    assert states("?state=failed&state=sent") == ["failed", "sent"]
    assert [ask(api, "GET", query).json()["count"] for query in ("?is_active=true", "?league=1")] == [1, 0]


def test_it_is_switched_off_and_on_by_what_is_sent(api: Client, manager: User, make: Make) -> None:
    webhook = make(user=manager)

    off = ask(api, "PATCH", f"/{webhook.pk}", {"is_active": False})
    on = ask(api, "PATCH", f"/{webhook.pk}", {"is_active": True, "events": ["draft.*"]})

    assert [answer.json()["is_active"] for answer in (off, on)] == [False, True]
    assert on.json()["events"] == ["draft.*"]
    assert ask(api, "DELETE", f"/{webhook.pk}").status_code == 204
