"""Calendar, race, drivers and driver as visitors see them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils.html import strip_tags

from races.models import Driver, Race, RaceEntry, SeasonEntry, Session
from tests.factories import (
    SEASON_START,
    DriverFactory,
    RaceEntryFactory,
    RaceFactory,
    SeasonFactory,
    TeamFactory,
    UserFactory,
)
from tests.races.sheets import publish_sheet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _wednesday_after_the_first_race():
    with time_machine.travel(SEASON_START + timedelta(days=3), tick=False):
        yield


@pytest.fixture
def red():
    return TeamFactory(external_id="red", name="Red Racing", color="#ff0000")


@pytest.fixture
def ada():
    return DriverFactory(given_name="Ada", family_name="Ahorn", code="AHO", number=7)


@pytest.fixture
def bo():
    return DriverFactory(given_name="Bo", family_name="Birch", code="BIR", number=8)


def text(response) -> str:
    """What can be read, in one line."""
    html = re.sub(r"<(script|style|title)[^>]*>.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(strip_tags(html.replace("<", " <")).split())  # split() takes no-break spaces too


def rows(response) -> list[str]:
    """The lines of the page's tables and calendars."""
    found = re.findall(r'<(tr|li(?= class="race-row))\b(.*?)</\1>', response.content.decode(), flags=re.DOTALL)
    return [" ".join(strip_tags(f"<{tag}{body}".replace("<", " <")).split()) for tag, body in found]


# Calendar


def test_calendar_shows_what_was_what_comes_and_what_was_called_off(client: Client, red, ada, bo):
    first = RaceFactory(name="Monaco Grand Prix", country="Monaco", circuit_name="Monte Carlo")
    RaceFactory(name="Dutch Grand Prix", country="Netherlands", circuit_name="Zandvoort", sprint_at=SEASON_START)
    RaceFactory(name="Desert Grand Prix", circuit_name="Dunes", status=Race.Status.CANCELLED, round_number=None)
    publish_sheet(first, [(ada, red, {}), (bo, red, {"position_text": "D", "status": "Disqualified"})])
    Race.objects.filter(pk=first.pk).update(status=Race.Status.FINISHED, results_status=Race.Results.REVISED)

    response = client.get("/races/")

    assert response.status_code == 200
    assert rows(response) == [
        "Round 1 Monaco Grand Prix Revised 1 AHO Monaco 8 Mar",
        "Round 2 Dutch Grand Prix Next Zandvoort Netherlands Sprint Sun 15 Mar, 13:00",
        "– Desert Grand Prix Cancelled Dunes 22 Mar",
    ]
    assert "Next race in 4 days" in text(response)


def test_calendar_of_another_season_has_no_next_race(client: Client):
    RaceFactory(name="New Grand Prix")
    RaceFactory(name="Old Grand Prix", season=SeasonFactory(year=2025), starts_at=datetime(2025, 6, 1, 13, tzinfo=UTC))

    response = client.get("/races/", {"season": "2025"})

    assert [row.split(" Circuit")[0] for row in rows(response)] == ["Round 1 Old Grand Prix"]
    assert "Next race" not in text(response)


@pytest.mark.parametrize("season", ["1066", "last", ""])
def test_calendar_ignores_a_season_that_it_does_not_know(client: Client, season):
    RaceFactory(name="New Grand Prix")

    response = client.get("/races/", {"season": season})

    assert (response.status_code, len(rows(response))) == (200, 1)


def test_calendar_shows_times_in_the_zone_of_the_account(client: Client):
    RaceFactory()
    RaceFactory()
    client.force_login(UserFactory(time_zone="Asia/Tokyo"))

    response = client.get("/races/")

    assert rows(response)[1].endswith("Sun 15 Mar, 22:00")
    assert "Times in Asia/Tokyo" in text(response)


def test_calendar_answers_htmx_with_its_part_alone(client: Client):
    RaceFactory()

    part = client.get("/races/", HTTP_HX_REQUEST="true")
    back = client.get("/races/", HTTP_HX_REQUEST="true", HTTP_HX_HISTORY_RESTORE_REQUEST="true")

    assert " ".join(part.content.decode().split()).startswith(
        '<title>Calendar 2026 · Fantasy F1</title> <div id="calendar">'
    )
    assert part["Vary"].split(", ")[0] == "HX-Request"
    assert back.content.decode().startswith("<!doctype html>")


@pytest.mark.parametrize("path", ["/races/", "/drivers/"])
def test_lists_work_before_there_is_any_season(client: Client, path):
    response = client.get(path)

    assert response.status_code == 200


def test_season_after_its_last_race_is_still_the_current_one(client: Client):
    RaceFactory(starts_at=SEASON_START - timedelta(days=1), name="Last Grand Prix")
    SeasonFactory(year=2025)

    assert "Calendar 2026" in text(client.get("/races/"))


# Race


def test_race_before_the_weekend_shows_sessions_and_entries_by_team(client: Client, red, ada, bo):
    race = RaceFactory(
        name="Dutch Grand Prix",
        starts_at=SEASON_START + timedelta(days=7),
        first_practice_at=SEASON_START + timedelta(days=5, hours=-1),
    )
    RaceEntryFactory(race=race, driver=ada, team=red, number=7, status=RaceEntry.Status.WITHDRAWN)
    RaceEntryFactory(race=race, driver=bo, team=red, number=8, status=RaceEntry.Status.SUBSTITUTE, replaces=ada)
    client.force_login(UserFactory(time_zone="Europe/Vienna"))

    response = client.get(f"/races/{race.pk}/")

    assert (
        "Sessions Lights out in 4 days "
        "Practice 1 Fri 13 Mar, 13:00 Qualifying Sat 14 Mar, 14:00 Grand Prix Sun 15 Mar, 14:00 "
        "Times in Europe/Vienna Entry list 2 drivers Red Racing "
        "7 Ada Ahorn Withdrawn 8 Bo Birch Substitute for Ada Ahorn"
    ) in text(response)
    assert 'fill="#ff0000"' in response.content.decode()


def test_race_shows_the_result_of_each_session(client: Client, red, ada, bo):
    race = RaceFactory(status=Race.Status.FINISHED)
    publish_sheet(
        race,
        [
            (ada, red, {"grid": 3, "laps": 57, "time": "1:23:45.678", "points": "12.50", "status": "Finished"}),
            (
                bo,
                red,
                {
                    "grid": 0,
                    "laps": 12,
                    "status": "Retired",
                    "position_text": "R",
                    "dnf": True,
                    "dnf_reason": "Gearbox",
                    "fastest_lap": "1:30.1",
                    "fastest_lap_rank": 1,
                },
            ),
        ],
    )
    publish_sheet(race, [(bo, red, {"points": 8, "time": "30:00.1"})], session=Session.SPRINT)
    publish_sheet(race, [(ada, red, {"q1": "1:31.0", "q2": "1:30.5"})], session=Session.QUALIFYING)

    grand_prix = client.get(f"/races/{race.pk}/")
    sprint = client.get(f"/races/{race.pk}/", {"session": "sprint"})
    qualifying = client.get(f"/races/{race.pk}/", {"session": "qualifying"})

    assert rows(grand_prix) == [
        "Pos Driver Team Grid Laps Time Fastest lap Pts",
        "1 Ada Ahorn Red Racing · grid 3 Red Racing 3 57 1:23:45.678 – 12.5",
        "DNF Bo Birch Red Racing Red Racing PL 12 Retired Gearbox 1:30.1 fastest lap 1:30.1 (fastest of all) 0",
    ]
    assert rows(sprint)[1:] == ["1 Bo Birch Red Racing Red Racing – – 30:00.1 – 8"]
    assert rows(qualifying) == [
        "Pos Driver Team Q1 Q2 Q3 Best",
        "1 Ada Ahorn Red Racing Red Racing 1:31.0 1:30.5 – 1:30.5",
    ]


@pytest.mark.parametrize("session", ["sprint", "warm_up"])
def test_race_shows_the_grand_prix_when_the_session_asked_for_has_no_result(client: Client, red, ada, session):
    race = RaceFactory()
    publish_sheet(race, [(ada, red, {})])

    response = client.get(f"/races/{race.pk}/", {"session": session})

    assert re.findall(r'aria-current="page">(.*?)</a>', response.content.decode())[-1] == "Grand Prix"


def test_race_tells_how_its_result_changed(client: Client, red, ada, bo):
    race = RaceFactory()
    publish_sheet(race, [(ada, red, {}), (bo, red, {})], at=SEASON_START + timedelta(hours=3))
    publish_sheet(
        race,
        [(bo, red, {}), (ada, red, {})],
        changes=["Bo Birch P2 → P1", "Ada Ahorn P1 → P2"],
        at=SEASON_START + timedelta(days=2),
    )

    response = client.get(f"/races/{race.pk}/", HTTP_HX_REQUEST="true")

    assert [row.split(" Red")[0] for row in rows(response)[1:]] == ["1 Bo Birch", "2 Ada Ahorn"]
    assert text(response).endswith(
        "How this result changed Version 2 Current 10 Mar 2026, 13:00 · Jolpica Bo Birch P2 → P1 Ada Ahorn P1 → P2 "
        "Version 1 8 Mar 2026, 16:00 · Jolpica As first published."
    )


def test_race_waits_for_its_result_once_it_was_started(client: Client):
    race = RaceFactory(name="Dutch Grand Prix", starts_at=SEASON_START + timedelta(days=3, hours=-1))

    assert "No results yet" in text(client.get(f"/races/{race.pk}/"))


@pytest.mark.parametrize(
    ("status", "words"), [("cancelled", "This race was called off."), ("postponed", "This race was put off")]
)
def test_race_that_does_not_take_place_says_so(client: Client, status, words):
    race = RaceFactory(status=status)

    assert words in text(client.get(f"/races/{race.pk}/"))


@pytest.mark.parametrize("path", ["/races/4711/", "/drivers/4711/"])
def test_what_is_not_there_is_not_found(client: Client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/races/", "/drivers/"])
def test_pages_are_only_read(client: Client, path):
    assert client.post(path).status_code == 405


# Drivers


@pytest.fixture
def two_drivers(red, ada, bo):
    """Ada has won the only race of 2026, Bo retired from it; Bo is the dearer one."""
    blue = TeamFactory(external_id="blue", name="Blue Racing")
    race = RaceFactory(name="Opening Grand Prix", status=Race.Status.FINISHED)
    publish_sheet(
        race, [(ada, red, {"points": 25}), (bo, blue, {"position_text": "R", "status": "Retired", "points": "0"})]
    )
    for driver, team in ((ada, red), (bo, blue)):
        SeasonEntry.objects.create(season=race.season, driver=driver, team=team, first_race=race)
    Driver.objects.filter(pk=bo.pk).update(price="31.5")
    return race


def test_drivers_are_listed_with_form_and_figures_most_points_first(client: Client, two_drivers):
    response = client.get("/drivers/")

    assert rows(response)[1:] == [
        "7 Ada Ahorn Red Racing 1 1 25.0 25.0 25 5.0 M",
        "8 Bo Birch Blue Racing DNF DNF 0.0 0.0 0 31.5 M",
    ]
    assert "2 drivers" in text(response)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"ordering": "-price"}, ["8", "7"]),
        ({"ordering": "-name"}, ["8", "7"]),
        ({"ordering": "-form"}, ["7", "8"]),
        ({"ordering": "-average"}, ["7", "8"]),
        ({"team": "blue"}, ["8"]),
        ({"search": "aho"}, ["7"]),
        ({"status": "active"}, ["7", "8"]),
        ({"season": "1066", "team": "nobody", "status": "asleep", "ordering": "beauty"}, ["7", "8"]),
    ],
)
def test_drivers_can_be_filtered_and_sorted_and_nonsense_is_ignored(client: Client, two_drivers, query, expected):
    response = client.get("/drivers/", query)

    assert (response.status_code, [row.split()[0] for row in rows(response)[1:]]) == (200, expected)


def test_drivers_answers_htmx_with_the_table_alone(client: Client, two_drivers):
    response = client.get("/drivers/", {"search": "ada"}, HTTP_HX_REQUEST="true")

    assert text(response).startswith("1 of 2 drivers")
    assert "<form" not in response.content.decode()


def test_drivers_says_when_nobody_fits(client: Client, two_drivers):
    assert "Nobody fits" in text(client.get("/drivers/", {"search": "Fangio"}))


def test_driver_page_tells_the_season(client: Client, two_drivers, red, ada):
    race = two_drivers
    publish_sheet(race, [(ada, red, {"points": 8})], session=Session.SPRINT)
    publish_sheet(race, [(ada, red, {})], session=Session.QUALIFYING)

    response = client.get(f"/drivers/{ada.pk}/")

    assert ("33 Points 5.0 Price (million) 33.0 Average 33.0 Form 1 Starts 1 Wins 1 Podiums 1 Best place Form") in text(
        response
    )
    assert rows(response)[1:] == ["Opening Grand Prix Opening Red Racing 1 – 1 1 33"]
    assert text(response).split("Teams in 2026 ")[1].startswith("Red Racing since the Opening Grand Prix")
    assert '<polyline class="form-line__line" points="50,6"/>' in response.content.decode()


def test_driver_page_of_another_season(client: Client, two_drivers, ada, red):
    old = RaceFactory(
        season=SeasonFactory(year=2025), name="Old Grand Prix", starts_at=datetime(2025, 6, 1, 13, tzinfo=UTC)
    )
    publish_sheet(old, [(ada, red, {"points": 1})])

    response = client.get(f"/drivers/{ada.pk}/", {"season": "2025"})

    assert rows(response)[1:] == ["Old Grand Prix Old Red Racing – – – 1 1"]


def test_driver_page_names_a_season_that_no_tab_names(client: Client, two_drivers, ada):
    season = SeasonEntry.objects.filter(driver=ada).get().season

    assert f'<h2 id="season">Season {season}</h2>' in client.get(f"/drivers/{ada.pk}/").content.decode()


def test_driver_page_joins_the_stints_with_one_team(client: Client, red, ada):
    blue = TeamFactory(name="Blue Racing")
    races = [RaceFactory(name=f"{name} Grand Prix") for name in ("First", "Second", "Third", "Fourth")]
    for team, first, last in ((red, 0, 0), (red, 2, 2), (blue, 3, None)):
        SeasonEntry.objects.create(
            season=races[0].season,
            driver=ada,
            team=team,
            number=7,
            first_race=races[first],
            last_race=races[last] if last is not None else None,
        )
    publish_sheet(races[0], [(ada, red, {})])

    response = client.get(f"/drivers/{ada.pk}/")

    assert "Red Racing number 7 First – Third Blue Racing number 7 since the Fourth Grand Prix" in text(response)


def test_driver_page_of_somebody_who_never_raced(client: Client):
    RaceFactory()
    driver = DriverFactory(number=None, status=Driver.Status.RESERVE)

    response = client.get(f"/drivers/{driver.pk}/")

    assert "No results in 2026" in text(response)


# Cost


@pytest.mark.parametrize("path", ["/races/", "/races/{race}/", "/drivers/", "/drivers/{driver}/"])
def test_pages_cost_the_same_for_one_and_for_three(
    client: Client, django_assert_max_num_queries, django_assert_num_queries, red, ada, path
):
    race = RaceFactory(status=Race.Status.FINISHED)
    RaceFactory()
    RaceEntryFactory(race=race, driver=ada, team=red)
    publish_sheet(race, [(ada, red, {})])
    address = path.format(race=race.pk, driver=ada.pk)
    with django_assert_max_num_queries(10) as one:
        client.get(address)

    for _ in range(2):
        more = RaceFactory(status=Race.Status.FINISHED)
        publish_sheet(more, [(ada, TeamFactory(), {}), (DriverFactory(), TeamFactory(), {})])
        RaceEntryFactory(race=race)
    publish_sheet(race, [(DriverFactory(), TeamFactory(), {}) for _ in range(2)] + [(ada, red, {})])

    with django_assert_num_queries(len(one)):
        client.get(address)
