"""Who sees what in the admin, as a table: every model × every kind of page × every kind of viewer.

Two leagues, Alpha and Beta, each with a manager of its own; everything that belongs to a league bears its name. A cell
says how a page answers and whose rows are on it: ``200 AB``. ``login`` leads to the login, ``gone`` to the start page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib import admin
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from drafts import lifecycle
from drafts.models import Draft
from drafts.picks import make_pick, set_autopilot
from leagues.models import Constructor, League
from notifications.messages import joined
from notifications.service import create
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, UserFactory

pytestmark = pytest.mark.django_db

OF_LEAGUES = {
    "leagues.league",
    "leagues.constructor",
    "drafts.draft",
    "drafts.pick",
    "drafts.autopilot",
    "scoring.draftedrace",
    "notifications.notification",
    "notifications.webhook",
    "notifications.webhookdelivery",
}
"""Managers see those of their leagues. Nothing is added or deleted here, by nobody."""
OF_THE_HOST = {
    "accounts.apikey": "",
    "accounts.signin": "",
    "accounts.user": "add delete",
    "core.eventlog": "",
    "core.gameclock": "",
    "core.lease": "",
    "core.logposition": "",
    "core.taskrun": "",
    "core.taskstate": "",
    "core.unreadevent": "",
    "notifications.delivery": "",
    "notifications.toldscore": "",
    "races.driver": "",
    "races.heldevent": "",
    "races.race": "",
    "races.raceentry": "add",
    "races.raceresult": "",
    "races.resultquestion": "",
    "races.resultrevision": "",
    "races.season": "",
    "races.seasonentry": "",
    "races.syncrun": "",
    "races.team": "",
    "races.upstreamanswer": "",
    "scoring.driverscore": "",
    "scoring.ruleset": "",
    "scoring.scorerun": "",
}
"""Closed to everybody else; and what the host may do beside looking."""

VIEWERS = ["host", "manager", "other manager", "player", "anonymous"]
#                       host      manager   other     player   anonymous
TABLE = {
    "list":            ["200 AB", "200 A",  "200 B",  "login", "login"],
    "search":          ["200 AB", "200 A",  "200 B",  "login", "login"],
    "dates":           ["200 AB", "200 A",  "200 B",  "login", "login"],
    "popup":           ["200 AB", "200 A",  "200 B",  "login", "login"],
    "picker":          ["200 AB", "200 A",  "200 B",  "login", "login"],
    "other filter":    ["400",    "400",    "400",    "login", "login"],
    "league filter A": ["200 A",  "200 A",  "200",   "login", "login"],
    "league filter B": ["200 B",  "200",   "200 B",  "login", "login"],
    "add":             ["403",    "403",    "403",    "login", "login"],
    "add by post":     ["403",    "403",    "403",    "login", "login"],
    "look at A":       ["200 A",  "200 A",  "gone",   "login", "login"],
    "look at B":       ["200 B",  "gone",   "200 B",  "login", "login"],
    "look at nothing": ["gone",   "gone",   "gone",   "login", "login"],
    "change A":        ["saved",  "saved",  "gone",   "login", "login"],
    "change B":        ["saved",  "gone",   "saved",  "login", "login"],
    "history A":       ["200 A",  "200 A",  "gone",   "login", "login"],
    "history B":       ["200 B",  "gone",   "200 B",  "login", "login"],
    "delete A":        ["403",    "403",    "403",    "login", "login"],
    "delete B":        ["403",    "403",    "403",    "login", "login"],
    "delete by post":  ["403",    "403",    "403",    "login", "login"],
    "act on A and B":  ["302 AB", "302 A",  "302 B",  "login", "login"],
}  # fmt: skip


@dataclass
class World:
    viewers: dict[str, User | None]
    rows: dict[str, dict[str, Any]]
    """By model, then by "A" and "B"."""


@pytest.fixture
def world(now: datetime) -> Iterator[World]:
    with time_machine.travel(now, tick=False):
        host = UserFactory(username="host", is_staff=True, is_superuser=True)
        viewers: dict[str, User | None] = {"host": host, "anonymous": None}
        rows: dict[str, dict[str, Any]] = {label: {} for label in OF_LEAGUES}
        for letter, name, manager in (("A", "Alpha", "manager"), ("B", "Beta", "other manager")):
            race = RaceFactory(name=f"{name} Ring", starts_at=now + timedelta(days=4), entries=4)
            user = UserFactory(is_staff=True)
            league = LeagueFactory(name=f"{name} Ring", season=race.season, creator=user, is_private=True)
            teams = [ConstructorFactory(league=league, team_name=f"{name} Ring {number}") for number in (1, 2)]
            viewers[manager] = user
            viewers.setdefault("player", teams[0].user)
            rows["leagues.league"][letter], rows["leagues.constructor"][letter] = league, teams[0]
            _play(rows, letter, league, race.pk, now)
            create([(teams[0].user_id, joined(teams[1], event="x"))], now=now)
            rows["notifications.notification"][letter] = teams[0].user.notifications.get()
            webhook = league.webhooks.create(url="https://a.b/", format="json", events=[], created_at=now)
            post = webhook.deliveries.create(league=league, event_key="x", state="failed", next_at=now, created_at=now)
            rows["notifications.webhook"][letter], rows["notifications.webhookdelivery"][letter] = webhook, post
        yield World(viewers, rows)


def _play(rows: dict[str, dict[str, Any]], letter: str, league: League, race_id: int, now: datetime) -> None:
    """A draft with one pick, the second team on autopick."""
    draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race_id, actor=league.creator, now=now)
    first, second = Constructor.objects.in_bulk(draft.order_data).values()
    team = {first.pk: first, second.pk: second}[draft.order_data[0]]
    driver = draft.race.entries.earliest("pk").driver
    pick = make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=now)
    set_autopilot(draft_id=draft.pk, constructor=team, mode="always", actor=team.user, now=now)
    rows["drafts.draft"][letter] = rows["scoring.draftedrace"][letter] = Draft.objects.get(pk=draft.pk)
    rows["drafts.pick"][letter], rows["drafts.autopilot"][letter] = pick, team.autopilot


def somebody(viewer: str) -> User | None:
    """Such a viewer, without the rest of the world."""
    if viewer == "anonymous":
        return None
    user = UserFactory(is_staff=viewer != "player", is_superuser=viewer == "host")
    if "manager" in viewer:
        LeagueFactory(creator=user)
    return user


def page(label: str, name: str, *args: object) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{name}", args=args)


def client_of(user: User | None) -> Client:
    """A new one, which has no message waiting to be shown."""
    client = Client()
    if user:
        client.force_login(user)
    return client


def names(text: str) -> str:
    return "".join(name[0] for name in ("Alpha", "Beta") if name in text)


def outcome(answer: HttpResponse) -> str:
    """A cell of the table."""
    if answer.status_code == 302:
        if "/login/" in answer["Location"]:
            return "login"
        return "gone" if answer["Location"] == reverse("admin:index") else "saved"
    return f"{answer.status_code} {names(answer.content.decode())}".strip()


def pickers(label: str) -> list[dict[str, str]]:
    """What asks for rows of the model, of any field of any model that points to it."""
    model = apps.get_model(label)
    return [
        {"app_label": other._meta.app_label, "model_name": str(other._meta.model_name), "field_name": field.name}
        for other in apps.get_models()
        for field in other._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model is model
    ]


def test_no_model_is_without_a_row_in_the_tables() -> None:
    registered = {model._meta.label_lower for model in admin.site._registry}

    assert registered == OF_LEAGUES | OF_THE_HOST.keys()


def ask(client: Client, kind: str, label: str, world: World) -> set[str]:
    """What the pages of a kind answer: mostly one, none where the model has no such pages."""
    model_admin = admin.site.get_model_admin(apps.get_model(label))
    rows, listing = world.rows[label], page(label, "changelist")
    verb, _, rest = kind.partition(" ")
    row = rows.get(rest)
    if kind == "dates":
        dates = model_admin.date_hierarchy
        return {outcome(client.get(listing, {f"{dates}__year": 2026}))} if dates else set()
    if kind == "picker":
        return {outcome(client.get(reverse("admin:autocomplete"), asked)) for asked in pickers(label)}
    if verb == "league":
        league = world.rows["leagues.league"][rest[-1]]
        offered = any(getattr(each, "parameter_name", "") == "league" for each in model_admin.list_filter)
        return {found(client.get(listing, {"league": league.pk}), rows)} if offered else set()
    if kind == "act on A and B":
        return {act(client, label, action, list(rows.values())) for action in model_admin.actions or ()}
    answers = {
        "list": lambda: client.get(listing),
        "search": lambda: client.get(listing, {"q": "Ring"}),
        "popup": lambda: client.get(listing, {"_popup": "1", "_to_field": "id"}),
        "other": lambda: client.get(listing, {"league__code__startswith": "C"}),
        "add": lambda: client.post(page(label, "add"), {}) if rest else client.get(page(label, "add")),
        "look": lambda: client.get(page(label, "change", rows[rest[-1]].pk if rest[-1] in rows else 999999)),
        "change": lambda: client.post(page(label, "change", row.pk), form(label, row)),
        "history": lambda: client.get(page(label, "history", row.pk)),
        "delete": lambda: (
            client.get(page(label, "delete", row.pk))
            if row
            else client.post(page(label, "delete", rows["A"].pk), {"post": "yes"})
        ),
    }
    return {outcome(answers[verb]())}


def found(answer: HttpResponse, rows: dict[str, Any]) -> str:
    """By the rows of the list: the choices of the filter beside it have names, too."""
    if answer.status_code != 200:
        return outcome(answer)
    listed = {row.pk for row in answer.context["cl"].result_list}
    return f"200 {''.join(letter for letter in rows if rows[letter].pk in listed)}".strip()


def form(label: str, row: Any) -> dict[str, Any]:
    fields = {
        "leagues.league": [
            "name",
            "description",
            "max_teams",
            "draft_method",
            "draft_opens_days",
            "draft_locks_at",
            "time_zone",
        ]
    }
    return {field: getattr(row, field) for field in fields.get(label, [])} | {
        "picks-TOTAL_FORMS": 0,
        "picks-INITIAL_FORMS": 0,
    }


def act(client: Client, label: str, action: str, chosen: list[Any]) -> str:
    """Whose rows the messages name; everything that is asked for along with an action is given."""
    data = {"action": action, "_selected_action": [row.pk for row in chosen], "reason": "Why", "username": "host"}
    answer = client.post(page(label, "changelist"), data)
    if outcome(answer) == "login":
        return "login"
    told = " ".join(map(str, get_messages(answer.wsgi_request)))
    return f"{answer.status_code} {names(told)}"


def expected(kind: str, label: str, viewer: str) -> str:
    cell = TABLE[kind][VIEWERS.index(viewer)]
    is_read_only = label not in ("leagues.league", "drafts.draft")
    return "403" if kind.startswith("change") and is_read_only and cell != "login" else cell


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("label", sorted(OF_LEAGUES))
def test_of_what_belongs_to_a_league_its_managers_alone_see_it(world: World, label: str, viewer: str) -> None:
    answers = {kind: ask(client_of(world.viewers[viewer]), kind, label, world) for kind in TABLE}

    assert answers == {kind: {expected(kind, label, viewer)} if answers[kind] else set() for kind in TABLE}


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("label", sorted(OF_THE_HOST))
def test_what_belongs_to_the_host_is_closed_to_everybody_else(label: str, viewer: str) -> None:
    client = client_of(somebody(viewer))
    RaceFactory(entries=1)
    row = apps.get_model(label)._default_manager.first()
    pk = row.pk if row else 1
    opened = "200" if row else "gone"

    answers = {
        "list": client.get(page(label, "changelist")),
        "search": client.get(page(label, "changelist"), {"q": "a"}),
        "popup": client.get(page(label, "changelist"), {"_popup": "1"}),
        "add": client.get(page(label, "add")),
        "change": client.get(page(label, "change", pk)),
        "history": client.get(page(label, "history", pk)),
        "delete": client.get(page(label, "delete", pk)),
    }
    picked = {outcome(client.get(reverse("admin:autocomplete"), asked)).split()[0] for asked in pickers(label)}

    if viewer == "host":
        may = {right: "200" if right in OF_THE_HOST[label] else "403" for right in ("add", "delete")}
        wanted = {"list": "200", "search": "200", "popup": "200", "change": opened, "history": opened, **may}
    else:
        wanted = dict.fromkeys(answers, "403" if "manager" in viewer else "login")
    assert {kind: outcome(answer).split()[0] for kind, answer in answers.items()} == wanted
    assert picked <= {wanted["list"]}
