"""Drivers, races and results over the API, as any client reads them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client

from races.models import Driver, Race, RaceEntry, SeasonEntry, Session
from tests.factories import DriverFactory, RaceEntryFactory, RaceFactory, SeasonFactory, TeamFactory, UserFactory
from tests.races.sheets import publish_sheet

pytestmark = pytest.mark.django_db


@pytest.fixture
def season_so_far():
    """Two races of 2026, the first one with a sprint; Ada (Red) beats Bo (Blue), Bo retires in the second."""
    red, blue = TeamFactory(external_id="red", name="Red", color="#ff0000"), TeamFactory(external_id="blue")
    ada = DriverFactory(external_id="ada", given_name="Ada", family_name="Ahorn", code="AHO", price=Decimal("20.0"))
    bo = DriverFactory(external_id="bo", given_name="Bo", family_name="Birch", code="BIR", price=Decimal("9.5"))
    one, two = RaceFactory(), RaceFactory()
    publish_sheet(one, [(ada, red, {"points": 25}), (bo, blue, {"points": 18})])
    publish_sheet(one, [(ada, red, {"points": 8}), (bo, blue, {"points": "3.5"})], session=Session.SPRINT)
    publish_sheet(two, [(ada, red, {"points": 25}), (bo, blue, {"position_text": "R", "status": "Retired"})])
    for driver, team in ((ada, red), (bo, blue)):
        SeasonEntry.objects.create(season=one.season, driver=driver, team=team, first_race=one)
    return one, two


def names(response) -> list[str]:
    return [row["external_id"] for row in response.json()["results"]]


def test_a_driver_has_his_season(client: Client, season_so_far):
    one, two = season_so_far
    bo = Driver.objects.get(external_id="bo")
    blue = bo.entries.get().team

    response = client.get(f"/api/v1/drivers/{bo.pk}")

    assert response.json() == {
        "id": bo.pk,
        "external_id": "bo",
        "name": "Bo Birch",
        "given_name": "Bo",
        "family_name": "Birch",
        "code": "BIR",
        "number": bo.number,
        "country": "",
        "status": "active",
        "price": "9.5",
        "team": {"id": blue.pk, "external_id": "blue", "name": blue.name, "color": blue.color},
        "total_points": "21.5",
        "average_points": "10.75",
        "form_points": "10.75",
        "form": [
            {"race_id": one.pk, "race": one.name, "position": 2, "position_text": "2", "points": "21.5"},
            {"race_id": two.pk, "race": two.name, "position": 2, "position_text": "R", "points": "0"},
        ],
    }


def test_form_is_the_last_five_starts(client: Client):
    team, driver = TeamFactory(), DriverFactory()
    races = [RaceFactory() for _ in range(6)]
    for points, race in enumerate(races):
        publish_sheet(race, [(driver, team, {"points": points})])

    body = client.get(f"/api/v1/drivers/{driver.pk}").json()

    assert [start["points"] for start in body["form"]] == ["1", "2", "3", "4", "5"]
    assert (body["average_points"], body["form_points"]) == ("2.5", "3")


def test_only_the_current_version_of_a_result_counts(client: Client):
    team, first, second = TeamFactory(), DriverFactory(), DriverFactory()
    race = RaceFactory()
    publish_sheet(race, [(first, team, {"points": 25}), (second, team, {"points": 18})])
    publish_sheet(race, [(second, team, {"points": 25}), (first, team, {"points": 18})])

    rows = client.get("/api/v1/drivers").json()["results"]

    assert [(row["id"], row["total_points"]) for row in rows] == [(second.pk, "25"), (first.pk, "18")]


def test_a_driver_without_races_has_no_points_and_the_team_he_is_entered_for(client: Client):
    race = RaceFactory(entries=1)
    entry = race.entries.get()

    body = client.get(f"/api/v1/drivers/{entry.driver_id}").json()

    assert (body["total_points"], body["average_points"], body["form"]) == ("0", "0", [])
    assert body["team"]["id"] == entry.team_id


def test_drivers_exist_without_any_season(client: Client):
    driver = DriverFactory()

    body = client.get("/api/v1/drivers").json()

    assert [(row["id"], row["team"]) for row in body["results"]] == [(driver.pk, None)]


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("", ["ada", "bo", "zed"]),
        ("points", ["zed", "bo", "ada"]),
        ("-points", ["ada", "bo", "zed"]),
        ("-average", ["ada", "bo", "zed"]),
        ("form", ["zed", "bo", "ada"]),
        ("-price", ["ada", "bo", "zed"]),
        ("name", ["ada", "bo", "zed"]),
        ("-name", ["zed", "bo", "ada"]),
    ],
)
def test_drivers_can_be_ordered(client: Client, season_so_far, ordering, expected):
    DriverFactory(external_id="zed", family_name="Zed", price=Decimal("3.0"))

    assert names(client.get("/api/v1/drivers", {"ordering": ordering})) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"team": "blue"}, ["bo"]),
        ({"status": "reserve"}, ["res"]),
        ({"search": "BIR"}, ["bo"]),
        ({"search": "bo birch"}, ["bo"]),
        ({"search": "ada birch"}, []),
        ({"season": "2026"}, ["ada", "bo", "res"]),
        ({"season": "2025"}, ["old"]),
    ],
)
def test_drivers_can_be_filtered(client: Client, season_so_far, query, expected):
    DriverFactory(external_id="res", family_name="Reserve", status=Driver.Status.RESERVE)
    old = DriverFactory(external_id="old", family_name="Old", status=Driver.Status.INACTIVE)
    race = RaceFactory(season=SeasonFactory(year=2025), starts_at=datetime(2025, 6, 1, 13, tzinfo=UTC))
    publish_sheet(race, [(old, TeamFactory(), {})])

    assert names(client.get("/api/v1/drivers", query)) == expected


def test_a_driver_of_another_season(client: Client, season_so_far):
    ada = Driver.objects.get(external_id="ada")
    SeasonFactory(year=2025)

    body = client.get(f"/api/v1/drivers/{ada.pk}", {"season": 2025}).json()

    assert (body["total_points"], body["team"], body["form"]) == ("0", None, [])


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("drivers", {"season": "1066"}, "season"),
        ("drivers", {"season": "last"}, "season"),
        ("drivers", {"team": "nobody"}, "team"),
        ("drivers", {"status": "asleep"}, "status"),
        ("drivers", {"ordering": "beauty"}, "ordering"),
        ("drivers/1", {"season": "1066"}, "season"),
        ("races", {"season": "9" * 30}, "season"),
        ("races", {"status": "asleep"}, "status"),
        ("races", {"date_from": "tomorrow"}, "date_from"),
        ("races", {"date_to": "2026-02-30"}, "date_to"),
        ("races/{race}/results", {"session": "warm_up"}, "session"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_by_name(client: Client, path, query, field):
    response = client.get(f"/api/v1/{path.format(race=RaceFactory().pk)}", query)

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert (response.json()["code"], list(response.json()["errors"])) == ("invalid", [field])


@pytest.mark.parametrize("path", ["drivers/4711", "races/4711", "races/4711/results"])
def test_what_is_not_there_is_not_found(client: Client, path):
    response = client.get(f"/api/v1/{path}")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_race_tells_its_sessions_in_utc_whatever_the_viewer_prefers(client: Client):
    race = RaceFactory(
        country="Japan", locality="Suzuka", sprint_at=datetime(2026, 3, 7, 3, tzinfo=UTC), qualifying_at=None
    )
    client.force_login(UserFactory(time_zone="Asia/Tokyo"))

    response = client.get(f"/api/v1/races/{race.pk}")

    assert response.json() == {
        "id": race.pk,
        "external_id": race.external_id,
        "season": 2026,
        "round_number": 1,
        "name": race.name,
        "circuit_name": race.circuit_name,
        "country": "Japan",
        "locality": "Suzuka",
        "status": "scheduled",
        "results_status": "none",
        "results_hidden": False,
        "sessions": {
            "first_practice": None,
            "second_practice": None,
            "third_practice": None,
            "sprint_qualifying": None,
            "sprint": "2026-03-07T03:00:00Z",
            "qualifying": None,
            "grand_prix": "2026-03-08T13:00:00Z",
        },
        "starts_at": "2026-03-08T13:00:00Z",
        "has_sprint": True,
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["old", "first", "second"]),
        ({"season": "2025"}, ["old"]),
        ({"status": "cancelled"}, ["second"]),
        ({"country": "japan"}, ["first"]),
        ({"date_from": "2026-03-09"}, ["second"]),
        ({"date_to": "2026-03-08"}, ["old", "first"]),
        ({"date_from": "2026-03-08", "date_to": "2026-03-08"}, ["first"]),
        ({"date_from": "0001-01-01", "date_to": "9999-12-31"}, ["old", "first", "second"]),
    ],
)
def test_races_can_be_filtered_and_come_in_the_order_of_the_calendar(client: Client, query, expected):
    RaceFactory(external_id="first", country="Japan")
    RaceFactory(external_id="second", status=Race.Status.CANCELLED)
    RaceFactory(external_id="old", season=SeasonFactory(year=2025), starts_at=datetime(2025, 6, 1, 23, 59, tzinfo=UTC))

    assert names(client.get("/api/v1/races", query)) == expected


def test_a_result_has_every_figure(client: Client):
    race, driver, team = RaceFactory(), DriverFactory(code="AHO"), TeamFactory()
    fields = {
        "number": 7,
        "grid": 3,
        "laps": 57,
        "points": "12.50",
        "status": "Finished",
        "time": "1:23:45.678",
        "fastest_lap": "1:30.001",
        "fastest_lap_rank": 1,
    }
    revision = publish_sheet(race, [(driver, team, fields)])

    body = client.get(f"/api/v1/races/{race.pk}/results").json()

    assert body == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [
            {
                "id": revision.results.get().pk,
                "race": race.pk,
                "session": "grand_prix",
                "position": 1,
                "position_text": "1",
                "is_classified": True,
                "driver": {
                    "id": driver.pk,
                    "external_id": driver.external_id,
                    "name": driver.name,
                    "code": "AHO",
                    "number": driver.number,
                },
                "team": {"id": team.pk, "external_id": team.external_id, "name": team.name, "color": team.color},
                "dnf": False,
                "dnf_reason": "",
                "q1": "",
                "q2": "",
                "q3": "",
                **fields,
                "points": "12.5",
            }
        ],
    }


def test_results_are_of_the_session_asked_for(client: Client, season_so_far):
    one, _ = season_so_far

    sprint = client.get(f"/api/v1/races/{one.pk}/results", {"session": "sprint"}).json()
    qualifying = client.get(f"/api/v1/races/{one.pk}/results", {"session": "qualifying"}).json()

    assert [row["points"] for row in sprint["results"]] == ["8", "3.5"]
    assert qualifying["results"] == []


def test_lists_come_in_pages(client: Client):
    DriverFactory.create_batch(3)

    body = client.get("/api/v1/drivers", {"page": 2, "page_size": 2}).json()

    assert (body["count"], len(body["results"]), body["next"]) == (3, 1, None)
    assert body["previous"].endswith("/api/v1/drivers?page_size=2")


@pytest.mark.parametrize(
    "path", ["drivers", "drivers?season=2026", "races", "teams", "races/{race}/results", "races/{race}/entries"]
)
def test_lists_cost_the_same_for_one_and_for_three(
    client: Client, django_assert_max_num_queries, django_assert_num_queries, path
):
    race, team = RaceFactory(), TeamFactory()
    publish_sheet(race, [(DriverFactory(), team, {})])
    RaceEntryFactory(race=race, team=team)
    address = f"/api/v1/{path.format(race=race.pk)}"
    with django_assert_max_num_queries(9) as one:
        client.get(address)

    RaceFactory.create_batch(2)
    RaceEntryFactory.create_batch(2, race=race)
    publish_sheet(race, [(DriverFactory(), TeamFactory(), {}) for _ in range(3)])

    with django_assert_num_queries(len(one)):
        client.get(address)


def test_nothing_can_be_written(client: Client):
    assert client.post("/api/v1/drivers", {}).status_code in (401, 405)


def test_seasons_come_with_the_latest_first(client: Client):
    for year in (2025, 2026):
        SeasonFactory(year=year)

    assert client.get("/api/v1/seasons").json()["results"] == [{"year": 2026}, {"year": 2025}]
    assert client.get("/api/v1/seasons?ordering=year").json()["results"][0] == {"year": 2025}


def test_teams_are_found_by_season_and_name(client: Client, season_so_far):
    TeamFactory(external_id="old", name="Old")

    assert names(client.get("/api/v1/teams?season=2026&ordering=-name"))[-1:] == ["red"]
    assert names(client.get("/api/v1/teams?search=OLD")) == ["old"]


def test_races_are_searched_and_ordered(client: Client):
    one, two = RaceFactory(name="Moon Grand Prix"), RaceFactory(locality="Moonville")
    RaceFactory()

    assert names(client.get("/api/v1/races?search=moon")) == [one.external_id, two.external_id]
    assert names(client.get("/api/v1/races?search=moon&ordering=-date")) == [two.external_id, one.external_id]


def test_the_entry_list_says_who_can_be_drafted(client: Client):
    race = RaceFactory(entries=2)
    first, second = race.entries.select_related("driver", "team").order_by("pk")
    Driver.objects.filter(pk=second.driver_id).update(price=Decimal("30"))
    RaceEntry.objects.filter(pk=first.pk).update(status="withdrawn")
    RaceEntry.objects.filter(pk=second.pk).update(status="substitute", replaces=first.driver)

    def rows(query: str = "") -> list[dict[str, object]]:
        return client.get(f"/api/v1/races/{race.pk}/entries{query}").json()["results"]

    [row] = rows("?status=substitute")
    assert row["driver"]["price"] == "30"
    assert (row["driver"]["id"], row["replaces"], row["is_confirmed"]) == (second.driver_id, first.driver_id, False)
    assert [each["driver"]["id"] for each in rows("?ordering=-price")] == [second.driver_id, first.driver_id]
    assert len(rows(f"?team={first.team.external_id}")) == 2
    assert rows("?is_confirmed=true") == []


def test_a_driver_has_his_results(client: Client, season_so_far):
    bo = Driver.objects.get(external_id="bo")

    def found(query: str = "") -> list[tuple[str, str]]:
        rows = client.get(f"/api/v1/drivers/{bo.pk}/results{query}").json()["results"]
        return [(row["session"], row["position_text"]) for row in rows]

    assert found() == [("grand_prix", "R"), ("grand_prix", "2"), ("sprint", "2")]
    assert found("?session=sprint") == [("sprint", "2")]
    assert (len(found("?is_retired=false")), found("?is_retired=true")) == (3, [])
    assert found("?season=2026&ordering=-points")[0] == ("grand_prix", "2")
    assert client.get("/api/v1/drivers/999999/results").status_code == 404
