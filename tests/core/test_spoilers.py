"""What a raised shield hides: all pages and all reads of the API, asked by somebody who has not seen the last race."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.html import strip_tags

from accounts import shield
from accounts.models import User
from drafts import lifecycle, mock
from fantasy_f1.core import clock
from leagues.models import Constructor, League
from notifications.scores import tell_scores
from races.models import Driver, Race, RaceResult, ResultRevision, Session
from scoring.models import DriverScore
from scoring.scores import score_race
from tests.api.asking import OPERATIONS
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, TeamFactory, give_result
from tests.scoring.conftest import draft_race

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TELLING = re.compile(r"\d{3,}\.\d|Telltale")
"""Only the last race gives that many points; and it alone is told of by this word."""
SECRET = re.compile(r"\b\w{64}\b")
"""A page's token against forged requests: another one each time."""
DRAWN = re.compile(r' d="[^"]*"')
"""The outlines of icons."""


@dataclass(frozen=True)
class Season:
    league: League
    seen: Race
    hidden: Race
    to_come: Race
    teams: list[Constructor]
    """In the order of the first draft."""
    drivers: list[Driver]

    @property
    def viewer(self) -> User:
        return self.teams[0].user


@pytest.fixture
def before() -> Season:
    """A race long ago, one of the day before yesterday that has no result yet, and an open draft."""
    now = clock.now()
    seen = RaceFactory(starts_at=now - 16 * DAY, entries=22)
    hidden = RaceFactory(season=seen.season, starts_at=now - 2 * DAY)
    to_come = RaceFactory(season=seen.season, starts_at=now + 4 * DAY)
    drivers = [entry.driver for entry in seen.entries.select_related("driver").order_by("pk")]
    for race in (hidden, to_come):
        for entry in seen.entries.order_by("pk"):
            race.entries.create(driver=entry.driver, team=entry.team)
    league = LeagueFactory(season=seen.season, is_private=False)
    ConstructorFactory.create_batch(3, league=league, joined_at=now - 100 * DAY)
    teams = draft_race(league, seen, drivers[:6])
    draft_race(league, hidden, drivers[:6])
    lifecycle.initialize_draft(league_id=league.pk, race_id=to_come.pk, actor=league.creator, now=now)
    give_result(seen, drivers)
    score_race(race_id=seen.pk, now=now - 15 * DAY)
    return Season(league, seen, hidden, to_come, teams, drivers)


@pytest.fixture
def season(before: Season) -> Season:
    """The same with a result, amended once, of which the first team knows nothing."""
    give_result(before.hidden, before.drivers)
    give_result(before.hidden, before.drivers[::-1], fastest=before.drivers[3])
    give_qualifying(before.hidden, before.drivers)
    make_telling(before.hidden, now=clock.now())
    tell_scores(clock.now())
    shield.raise_shield(user=before.viewer, now=before.hidden.starts_at - 3 * DAY)
    return before


def give_qualifying(race: Race, drivers: list[Driver]) -> None:
    revision = ResultRevision.objects.create(
        race=race, session=Session.QUALIFYING, number=1, source="manual", digest="1", created_at=race.starts_at
    )
    team = TeamFactory()
    RaceResult.objects.bulk_create(
        RaceResult(
            revision=revision,
            race=race,
            session=Session.QUALIFYING,
            driver=driver,
            team=team,
            position=position,
            position_text=str(position),
        )
        for position, driver in enumerate(drivers, start=1)
    )


def make_telling(race: Race, *, now: Any) -> None:
    """Make whatever the result of the race leads to one of a kind."""
    race.revisions.update(changes=["Telltale P3 → P7"])
    race.results.update(
        points=Decimal("1000.13"), time="Telltale", dnf_reason="Telltale", fastest_lap="Telltale", q1="Telltale"
    )
    run = score_race(race_id=race.pk, now=now)
    assert run is not None
    line = {"rule": "Telltale", "amount": "7000.13", "because": "Telltale"}
    DriverScore.objects.filter(run=run).update(points=Decimal("7000.13"), lines=[line])


# Pages ------------------------------------------------------------------------------------------


def patterns(resolver: URLResolver, namespace: str = "", route: str = "") -> Iterator[tuple[str, str]]:
    """(name, route) of every page; not of the API and of the admin, which hides nothing."""
    for pattern in resolver.url_patterns:
        whole = route + str(pattern.pattern)
        if whole.startswith(("api/", "admin/", "^admin/")):
            continue
        if isinstance(pattern, URLResolver):
            spaces = [space for space in (namespace, pattern.namespace) if space]
            yield from patterns(pattern, ":".join(spaces), whole)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield ":".join(filter(None, [namespace, pattern.name])), whole


PAGES = sorted(
    set(patterns(get_resolver())) - {("metrics", "metrics")}
)  # numbers of the machine, for nobody with an account


def addresses(season: Season, name: str, route: str) -> list[str]:
    """Of a page as a whole: with every race, driver and team that it can be about."""
    league = season.league.pk
    races = [season.seen.pk, season.hidden.pk, season.to_come.pk]
    things: dict[str, list[int]] = {
        "races:race": races,
        "races:driver": [driver.pk for driver in season.drivers[:3]],
        "scoring:constructor": [team.pk for team in season.teams],
    }
    kinds = re.findall(r"<(?:\w+:)?(\w+)>", route)
    if kinds == ["pk"]:
        return [reverse(name, args=[pk]) for pk in things.get(name, [league])]
    if kinds == ["league_pk"]:
        return [reverse(name, args=[league])]
    if kinds == ["league_pk", "race_pk"]:
        return [reverse(name, args=[league, pk]) for pk in races]
    if kinds == ["code"]:
        return [reverse(name, args=[season.league.code])]
    return [reverse(name)] if not kinds else []


def variants(season: Season, name: str, address: str) -> list[str]:
    queries = {
        "scoring:leaderboard": [f"?race={race.pk}" for race in (season.seen, season.hidden, season.to_come)],
        "races:race": [f"?session={session}" for session in Session],
        "races:drivers": [f"?ordering={order}" for order in ("-points", "-average", "-form", "-price", "name")],
    }
    return [address, *(address + query for query in queries.get(name, []))]


def telling(page: HttpResponse) -> list[str]:
    return TELLING.findall(DRAWN.sub("", page.content.decode()))


@pytest.mark.parametrize(("name", "route"), PAGES, ids=[name for name, _ in PAGES])
def test_no_page_tells_what_the_shield_hides(season: Season, client: Client, name: str, route: str) -> None:
    client.force_login(season.viewer)
    mock.start(user=season.viewer, seat=1, now=clock.now())

    for address in addresses(season, name, route):
        for asked in variants(season, name, address):
            for headers in ({}, {"HX-Request": "true"}):
                assert telling(client.get(asked, headers=headers)) == [], asked


TELLERS = {
    "accounts:export",
    "drafts:mock",
    "drafts:room",
    "home",
    "league",
    "notifications:list",
    "races:driver",
    "races:drivers",
    "races:race",
    "scoring:constructor",
    "scoring:leaderboard",
}


def test_without_a_shield_they_tell(season: Season, client: Client) -> None:
    """So the walk above would find them."""
    shield.lower_shield(user=season.viewer)
    client.force_login(season.viewer)
    mock.start(user=season.viewer, seat=1, now=clock.now())

    tellers = {
        name
        for name, route in PAGES
        for address in addresses(season, name, route)
        if any(telling(client.get(asked)) for asked in variants(season, name, address))
    }

    assert tellers == TELLERS


def test_tellers_are_the_same_whoever_won(season: Season, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the order of rows, counts and charts as well."""
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    client.force_login(season.viewer)
    pages = [page for name, route in PAGES if name in TELLERS for page in addresses(season, name, route)]
    before = {page: SECRET.sub("", client.get(page).content.decode()) for page in pages}

    give_result(season.hidden, season.drivers[11:] + season.drivers[:11], out=tuple(season.drivers[:3]))
    score_race(race_id=season.hidden.pk, now=now)

    assert {page: SECRET.sub("", client.get(page).content.decode()) for page in pages} == before


def shown(client: Client, address: str) -> str:
    return " ".join(strip_tags(client.get(address).content.decode()).split())


def test_a_hidden_result_says_so_and_offers_itself(season: Season, client: Client) -> None:
    client.force_login(season.viewer)
    address = reverse("races:race", args=[season.hidden.pk])

    page = client.get(address).content.decode()

    assert "Result hidden" in page
    assert "Hidden until you have seen it. With it, all earlier results are shown as well." in page
    assert f'name="until" value="{season.hidden.starts_at.isoformat()}"' in page
    assert "How this result changed" not in page

    client.post(
        reverse("accounts:reveal_results"), {"until": season.hidden.starts_at.isoformat(), "next": address}, follow=True
    )

    assert "How this result changed" in shown(client, address)
    assert "hidden" not in shown(client, address)


def test_a_race_is_shown_as_far_as_it_was_seen(season: Season, client: Client) -> None:
    """Qualifying, but not yet the race: then that is what its page begins with."""
    client.force_login(season.viewer)
    shield.reveal(user=season.viewer, until=season.hidden.starts_at - DAY, now=clock.now())

    page = shown(client, reverse("races:race", args=[season.hidden.pk]))

    assert "Q1Q2Q3" in page
    assert "Grand Prix (hidden)" in page
    driver = shown(client, reverse("races:driver", args=[season.drivers[0].pk]))
    assert season.hidden.name in driver
    assert f"Results after the {season.hidden.name} qualifying are hidden." in driver


@pytest.mark.parametrize(
    "name", ["home", "league", "races:calendar", "races:drivers", "scoring:leaderboard", "scoring:constructor"]
)
def test_pages_say_that_something_is_hidden(season: Season, client: Client, name: str) -> None:
    client.force_login(season.viewer)
    address = addresses(season, name, dict(PAGES)[name])[0]

    assert f"Results after the {season.seen.name} are hidden." in shown(client, address)

    shield.reveal(user=season.viewer, until=clock.now(), now=clock.now())
    assert "are hidden." not in shown(client, address)


def test_pages_of_a_hidden_race_do_not_say_that_it_is_to_come(season: Season, client: Client) -> None:
    client.force_login(season.viewer)
    league = season.league.pk

    assert "Hidden until you have seen it." in shown(client, reverse("league", args=[league]))
    constructor = shown(client, reverse("scoring:constructor", args=[season.teams[0].pk]))
    assert f"{season.hidden.name} Hidden" in constructor
    assert "not run yet" not in constructor.partition(season.seen.name)[0].partition(season.hidden.name)[2]
    room = shown(client, reverse("drafts:room", args=[league, season.hidden.pk]))
    assert "Points are hidden until you have seen the race." in room
    board = shown(client, f"{reverse('scoring:leaderboard', args=[league])}?race={season.hidden.pk}")
    assert "Show the result" in board
    assert "Nobody of this league drafted the race." not in board
    board = shown(client, f"{reverse('scoring:leaderboard', args=[league])}?race={season.to_come.pk}")
    assert "Points appear by themselves when the results are in." in board


def test_a_shield_costs_two_queries(season: Season, client: Client) -> None:
    other = season.teams[1].user
    addresses = [reverse("races:calendar"), reverse("races:drivers"), reverse("league", args=[season.league.pk])]
    counts = {}
    for user in (other, season.viewer):
        client.force_login(user)
        for address in addresses:
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            counts[user.pk, address] = len(queries)

    for address in addresses[:2]:
        assert counts[season.viewer.pk, address] == counts[other.pk, address] + 2
    # Which rule set the boards go by is in the key under which the season's points are kept.
    assert counts[season.viewer.pk, addresses[2]] <= counts[other.pk, addresses[2]] + 3


# API --------------------------------------------------------------------------------------------

READS = sorted(name for name, (method, *_) in OPERATIONS.items() if method == "get")


def asked_about(season: Season, template: str) -> list[str]:
    kind = template.removeprefix("/api/v1/").partition("/{id}")[0]
    races = [season.seen.pk, season.hidden.pk]
    whole = {"league_id": season.league.pk, "constructor_id": season.teams[0].pk, "user_id": season.viewer.pk}
    ids = {
        "constructors": [season.teams[0].pk],
        "drivers": [driver.pk for driver in season.drivers[:2]],
        "leagues": [season.league.pk],
        "races": races,
        "users": [season.viewer.pk],
    }
    return [template.format(id=pk, race_id=race, message_id=1, **whole) for pk in ids.get(kind, [1]) for race in races]


def read(client: Client, season: Season, name: str, query: str = "") -> str:
    _, template, operation = OPERATIONS[name]
    if "text/event-stream" in str(operation["responses"].get("200")):
        return ""
    texts = []
    queries = [""]
    if name == "leagues_leaderboard":
        queries += [f"race_id={season.seen.pk}", f"race_id={season.hidden.pk}"]
    if name in ("races_results", "drivers_results"):
        queries += [f"session={session}" for session in Session]
    for address in asked_about(season, template):
        for more in queries:
            asked = "&".join(filter(None, [query, more]))
            texts.append(client.get(f"{address}?{asked}" if asked else address).content.decode())
    return "".join(texts)


@pytest.mark.parametrize("name", READS)
def test_no_read_tells_what_the_shield_hides(season: Season, client: Client, name: str) -> None:
    client.force_login(season.viewer)

    assert TELLING.findall(read(client, season, name)) == []


def test_reads_are_as_they_were_before_the_race(before: Season, client: Client, request: pytest.FixtureRequest) -> None:
    """By the order of rows, counts, places and changes as well."""
    client.force_login(before.viewer)
    names = [name for name in READS if takes_spoilers(name) and name not in ("races_list", "races_read")]
    then = {name: read(client, before, name) for name in names}

    season = request.getfixturevalue("season")

    assert {name: read(client, season, name) for name in names} == then


def takes_spoilers(name: str) -> bool:
    return "spoilers" in {each.get("name") for each in OPERATIONS[name][2].get("parameters", [])}


def test_reads_that_tell_take_the_parameter(season: Season, client: Client) -> None:
    """And those alone: whatever tells a result can be asked for without it."""
    tellers = {name for name in READS if TELLING.search(read(client, season, name))}

    assert tellers | {"races_list", "races_read"} == {name for name in READS if takes_spoilers(name)}


@pytest.mark.parametrize("name", [name for name in READS if takes_spoilers(name)])
def test_a_read_may_be_asked_otherwise(season: Season, client: Client, name: str) -> None:
    """``hide`` works for everybody, ``show`` for who has a shield; another word is refused."""
    assert TELLING.findall(read(client, season, name, "spoilers=hide")) == []
    everything = read(client, season, name)

    client.force_login(season.viewer)

    assert read(client, season, name, "spoilers=show") == everything
    address = asked_about(season, OPERATIONS[name][1])[0]
    answer = client.get(f"{address}?spoilers=maybe")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["spoilers"])


def test_answers_behind_a_shield_are_nobody_elses_to_keep(season: Season, client: Client) -> None:
    path = f"/api/v1/races/{season.hidden.pk}"
    for_all = client.get(path)
    client.force_login(season.viewer)

    answer = client.get(path, headers={"If-None-Match": for_all["ETag"]})

    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-cache")
    assert for_all["Cache-Control"] == "public, max-age=60"
    told = [
        (body["status"], body["results_status"], body["results_hidden"]) for body in (for_all.json(), answer.json())
    ]
    assert told == [("finished", "revised", False), ("finished", "none", True)]


def test_hide_leaves_out_the_last_seven_days(season: Season, client: Client) -> None:
    path = f"/api/v1/leagues/{season.league.pk}/leaderboard?spoilers=hide"
    assert {row["races"] for row in client.get(path).json()["results"]} == {1}

    Race.objects.filter(pk=season.hidden.pk).update(starts_at=clock.now() - 7 * DAY)
    cache.clear()

    assert {row["races"] for row in client.get(path).json()["results"]} == {2}


def test_hide_shows_no_more_than_the_shield(season: Season, client: Client) -> None:
    shield.lower_shield(user=season.viewer)
    shield.raise_shield(user=season.viewer, now=season.seen.starts_at - DAY)
    client.force_login(season.viewer)

    answer = client.get(f"/api/v1/leagues/{season.league.pk}/leaderboard?spoilers=hide")

    assert {row["races"] for row in answer.json()["results"]} == {0}


def test_other_reads_refuse_the_parameter(client: Client) -> None:
    assert client.get("/api/v1/teams?spoilers=hide").status_code == 400
