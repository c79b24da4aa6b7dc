"""A league about to draft, with everybody who may want something of it."""

from dataclasses import dataclass
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from accounts import keys
from accounts.models import ApiKey, SecondFactor, SignIn, User
from drafts import calendars, control, lifecycle, mock
from drafts.models import CalendarFeed, Draft
from drafts.picks import make_pick
from leagues import chat
from leagues.models import ChatMessage, Constructor, League
from notifications.models import Notification, PushSubscription
from notifications.webhooks.models import Webhook, WebhookDelivery
from races.models import Driver, Race
from tests.factories import PASSWORD, ConstructorFactory, LeagueFactory, RaceFactory, UserFactory


@dataclass(frozen=True)
class World:
    league: League
    race: Race
    """Its draft is open, and the owner's team is to pick."""
    next_race: Race
    """It has no draft yet."""
    driver: Driver
    owners_team: Constructor
    members_team: Constructor
    draft: Draft
    notification: Notification
    """The owner's."""
    browser: PushSubscription
    """The owner's."""
    message: ChatMessage
    """The owner's."""
    post: WebhookDelivery
    """Given up by a webhook that is the owner's."""
    calendar: CalendarFeed
    """The owner's, of all leagues."""
    access: dict[str, str]
    """Tokens by actor."""
    refresh: str
    """The owner's."""
    keys: dict[tuple[str, str], str]
    """API keys by actor and scope."""
    password: str = PASSWORD
    secret: str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    """Of every second factor."""

    @property
    def owner(self) -> User:
        return self.owners_team.user

    def pause(self) -> None:
        """Let the owner pick, and pause the draft."""
        now, manager = timezone.now(), self.league.creator
        make_pick(draft_id=self.draft.pk, constructor=self.owners_team, driver=self.driver, actor=self.owner, now=now)
        control.pause_draft(draft_id=self.draft.pk, actor=manager, now=now)

    def practise(self) -> None:
        """Let everybody be on the clock of a mock draft."""
        for user in User.objects.all():
            mock.start(user=user, seat=1, now=timezone.now())

    def set_up_second_factors(self) -> None:
        """Let everybody begin with one."""
        SecondFactor.objects.bulk_create(SecondFactor(user=user, secret=self.secret) for user in User.objects.all())

    def path(self, template: str) -> str:
        return template.format(**self.ids(template))

    def ids(self, template: str) -> dict[str, int | None]:
        """What an operation at this address is asked about: this league, race and driver, and what is the owner's."""
        kind = template.removeprefix("/api/v1/").partition("/{id}")[0]
        ids = {
            "auth/keys": ApiKey.objects.of(self.owner).earliest("pk").pk,
            "auth/sessions": SignIn.objects.filter(user=self.owner).earliest("pk").pk,
            "calendar-feeds": self.calendar.pk,
            "constructors": self.owners_team.pk,
            "drivers": self.driver.pk,
            "leagues": self.league.pk,
            "notifications": self.notification.pk,
            "notifications/push-subscriptions": self.browser.pk,
            "races": self.race.pk,
            "users": self.owner.pk,
            "webhooks": self.post.webhook_id,
        }
        return {
            "id": ids.get(kind),
            "league_id": self.league.pk,
            "race_id": self.race.pk,
            "constructor_id": self.owners_team.pk,
            "delivery_id": self.post.pk,
            "message_id": self.message.pk,
            "user_id": self.owner.pk,
        }


def make_world(*, private: bool) -> World:
    """Build it by the commands that people use, as far as there are any; names of a private one are told apart."""
    now = timezone.now()
    words = "Hush" if private else "Loud"
    race, next_race = (RaceFactory(starts_at=now + timedelta(days=days), entries=22) for days in (4, 11))
    users: dict[str, User] = {
        actor: UserFactory(username=actor, is_superuser=actor == "host", is_staff=actor == "host")
        for actor in ("stranger", "member", "owner", "manager", "host")
    }
    league = LeagueFactory(
        name=f"{words} league",
        description=f"{words} words",
        season=race.season,
        is_private=private,
        creator=users["manager"],
    )
    owners_team, members_team = (
        ConstructorFactory(league=league, user=users[actor], team_name=f"{words} {actor}")
        for actor in ("owner", "member")
    )
    draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=users["manager"], now=now)
    draft = lifecycle.set_order(
        draft_id=draft.pk, constructor_ids=[owners_team.pk, members_team.pk], actor=users["manager"], now=now
    )
    tokens = {
        actor: Client().post("/api/v1/auth/login", {"username": actor, "password": PASSWORD}, "application/json").json()
        for actor in users
    }
    entry = race.entries.select_related("driver").earliest("pk")
    return World(
        league=league,
        race=race,
        next_race=next_race,
        driver=entry.driver,
        owners_team=owners_team,
        members_team=members_team,
        draft=draft,
        notification=Notification.objects.create(
            user=users["owner"], type="pick_turn", title=f"{words} title", created_at=now
        ),
        post=_post_of(users["owner"], league),
        browser=PushSubscription.objects.create(user=users["owner"], endpoint="https://1.1.1.1/", created_at=now),
        message=chat.say(league_id=league.pk, actor=users["owner"], text=f"{words} text", now=now),
        calendar=calendars.make_feed(user=users["owner"], league=None, now=now)[0],
        access={actor: pair["access"] for actor, pair in tokens.items()},
        refresh=tokens["owner"]["refresh"],
        keys={
            (actor, scope): keys.make(user=user, name=scope, scope=scope, now=now)[1]
            for actor, user in users.items()
            for scope in ("read", "write")
        },
    )


def _post_of(user: User, league: League) -> WebhookDelivery:
    now = timezone.now()
    webhook = Webhook.objects.create(user=user, url="https://93.184.215.14/", format="json", events=[], created_at=now)
    return WebhookDelivery.objects.create(
        webhook=webhook, league=league, event_key="x", type="draft.opened", state="failed", next_at=now, created_at=now
    )
