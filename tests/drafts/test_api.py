import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.response import Response
from rest_framework.test import APIClient

from accounts.models import User
from drafts import control, feed, lifecycle
from drafts.models import Autopilot, Draft, Pick
from drafts.picks import make_pick, withdraw_constructor
from leagues.models import Constructor, League
from races.models import Driver, Race
from scoring.scores import score_race
from tests.factories import ConstructorFactory, DriverFactory, RaceFactory, UserFactory, give_result

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


def call(user: User | None, method: str, path: str, data: dict[str, Any] | None = None) -> Response:
    client = APIClient()
    if user:
        client.force_authenticate(user)
    response: Response = getattr(client, method)(f"/api/v1/{path}", data)
    return response


def refusal(response: Response) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


def of_league(draft: Draft) -> str:
    return f"leagues/{draft.league_id}/drafts/{draft.race_id}"


def of_team(team: Constructor, draft: Draft, rest: str = "") -> str:
    return f"constructors/{team.pk}/drafts/{draft.race_id}{rest}"


def take(team: Constructor, draft: Draft, driver: Driver, actor: User | None = None) -> Response:
    return call(actor or team.user, "post", of_team(team, draft, "/picks"), {"driver_id": driver.pk})


NO_CLOCK = {"deadline": None, "seconds_left": None}
NO_IDS = ["1e999", "-1e999", "1.9", "true", "0", "-1", f"{2**63}", f"{10**400}", "[1]", "{}", "null", '"x"']


@pytest.mark.parametrize("value", NO_IDS)
def test_what_is_no_id_is_refused_by_its_field(
    value: str, draft: Draft, teams: list[Constructor], manager: User
) -> None:
    client = APIClient()
    client.force_authenticate(manager)

    answers = [
        client.generic(method, f"/api/v1/{path}", body, "application/json")
        for method, path, body in (
            ("POST", f"leagues/{draft.league_id}/drafts/initialize", f'{{"race_id": {value}}}'),
            ("POST", of_team(teams[0], draft, "/picks"), f'{{"driver_id": {value}}}'),
            ("PATCH", of_league(draft), f'{{"order": [{value}]}}'),
        )
    ]

    assert [refusal(answer) for answer in answers] == [(400, "invalid")] * 3
    assert [list(answer.json()["errors"]) for answer in answers] == [["race_id"], ["driver_id"], ["order"]]


# Opening ----------------------------------------------------------------------------------------


def test_initialize_opens_the_draft_once(league: League, race: Race, manager: User) -> None:
    path = f"leagues/{league.pk}/drafts/initialize"

    first = call(manager, "post", path, {"race_id": race.pk})
    again = call(manager, "post", path, {"race_id": race.pk})

    draft = Draft.objects.get()
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json() == {
        "id": draft.pk,
        "league": league.pk,
        "race": race.pk,
        "method": "snake",
        "order": draft.order_data,
        "order_source": "random",
        "is_manual": False,
        "status": "open",
        "current_pick": {"pick_number": 1, "round": 1, "constructor": draft.order_data[0], **NO_CLOCK},
        "version": 2,
        "opens_at": "2026-07-22T09:00:00Z",
        "locks_at": "2026-07-25T09:00:00Z",
        "pick_seconds": None,
        "quiet_from": None,
        "quiet_until": None,
        "time_zone": "UTC",
        "picks": [],
        "commitment": draft.order_commitment,
        "seed": draft.order_seed,
    }


def test_initialize_refuses(league: League, race: Race, manager: User) -> None:
    path = f"leagues/{league.pk}/drafts/initialize"
    player = league.constructors.first().user  # type: ignore[union-attr]
    other_season = RaceFactory(season__year=2025)

    assert refusal(call(None, "post", path, {"race_id": race.pk})) == (401, "not_authenticated")
    assert refusal(call(player, "post", path, {"race_id": race.pk})) == (403, "not_allowed")
    assert refusal(call(manager, "post", path, {"race_id": other_season.pk})) == (409, "cannot_draft")
    for data, field in (({"race_id": 0}, "race_id"), ({}, "race_id"), ({"race_id": race.pk, "force": True}, "force")):
        response = call(manager, "post", path, data)
        assert refusal(response) == (400, "invalid")
        assert list(response.json()["errors"]) == [field]
    assert not Draft.objects.exists()


# Reading ----------------------------------------------------------------------------------------


def test_a_scheduled_draft_keeps_its_seed(league: League, race: Race, now: datetime) -> None:
    draft = lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now)

    body = call(None, "get", of_league(draft)).json()

    assert {key: body[key] for key in ("status", "order", "commitment", "seed", "current_pick")} == {
        "status": "scheduled",
        "order": [],
        "commitment": draft.order_commitment,
        "seed": None,
        "current_pick": None,
    }


def test_picks_carry_their_points_once_the_race_is_scored(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    for team, driver in zip([*teams, *reversed(teams)], drivers, strict=False):
        take(team, draft, driver)
    lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)
    before = call(None, "get", of_league(draft)).json()["picks"]
    give_result(draft.race, drivers[:5])
    score_race(race_id=draft.race_id, now=now)

    body = call(None, "get", of_league(draft)).json()

    assert [pick["points_earned"] for pick in before] == [None] * 6
    assert [pick["points_earned"] for pick in body["picks"]] == ["25", "18", "15", "12", "10", "0"]
    assert body["current_pick"] is None
    assert [(pick["pick_number"], pick["round"], pick["constructor"], pick["driver"]) for pick in body["picks"]] == [
        (number, 1 + (number - 1) // 3, team.pk, driver.pk)
        for number, (team, driver) in enumerate(zip([*teams, *reversed(teams)], drivers, strict=False), start=1)
    ]


def test_the_list_of_drafts_is_paged_with_the_latest_race_first(
    draft: Draft, now: datetime, django_assert_max_num_queries: Any
) -> None:
    later = RaceFactory(season=draft.race.season, starts_at=now + timedelta(days=11))
    lifecycle.schedule_draft(league_id=draft.league_id, race_id=later.pk, now=now)

    with django_assert_max_num_queries(5):  # two for the order that the one to come would have
        body = call(None, "get", f"leagues/{draft.league_id}/drafts").json()

    assert {key: body[key] for key in ("count", "next", "previous")} == {"count": 2, "next": None, "previous": None}
    assert [(item["race"], item["status"], item["order_source"]) for item in body["results"]] == [
        (later.pk, "scheduled", "rotation"),
        (draft.race_id, "open", "random"),
    ]
    assert body["results"][0]["order"] == [*draft.order_data[1:], draft.order_data[0]]
    assert "picks" not in body["results"][0]


def test_a_private_league_does_not_exist_for_strangers(draft: Draft, teams: list[Constructor]) -> None:
    League.objects.update(is_private=True)
    stranger = UserFactory()
    reads = [
        f"leagues/{draft.league_id}/drafts",
        of_league(draft),
        of_team(teams[0], draft),
    ]
    writes = [
        ("post", f"leagues/{draft.league_id}/drafts/initialize", {"race_id": draft.race_id}),
        ("patch", of_league(draft), {"order": []}),
        ("post", of_team(teams[0], draft, "/picks"), {"driver_id": 1}),
        ("put", of_team(teams[0], draft, "/autopick"), {"mode": "always"}),
    ]

    assert [call(None, "get", path).status_code for path in reads] == [404] * 3
    assert [call(stranger, "get", path).status_code for path in reads] == [404] * 3
    assert [call(stranger, *write).status_code for write in writes] == [404] * 4
    assert [call(teams[1].user, "get", path).status_code for path in reads] == [200] * 3


def test_without_a_draft_there_is_nothing_to_read(league: League, race: Race) -> None:
    assert refusal(call(None, "get", f"leagues/{league.pk}/drafts/{race.pk}")) == (404, "not_found")


def test_a_constructor_reads_its_own_part(draft: Draft, teams: list[Constructor], drivers: list[Driver]) -> None:
    take(teams[0], draft, drivers[0])

    parts = [call(None, "get", of_team(team, draft)).json() for team in teams[:2]]

    assert parts[1] == {
        "constructor": teams[1].pk,
        "draft": draft.pk,
        "league": draft.league_id,
        "race": draft.race_id,
        "status": "open",
        "turns": [2, 5],
        "is_on_the_clock": True,
        "autopick": "off",
        "picks": [],
    }
    assert (parts[0]["is_on_the_clock"], [pick["driver"] for pick in parts[0]["picks"]]) == (False, [drivers[0].pk])


# The order by hand ------------------------------------------------------------------------------


def test_a_manager_sets_the_order(draft: Draft, teams: list[Constructor], manager: User) -> None:
    wanted = [team.pk for team in teams[::-1]]

    response = call(manager, "patch", of_league(draft), {"order": wanted})

    body = response.json()
    assert response.status_code == 200
    assert (body["order"], body["is_manual"], body["order_source"]) == (wanted, True, "manual")
    assert body["current_pick"]["constructor"] == wanted[0]


def test_the_order_is_refused(draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User) -> None:
    ids = [team.pk for team in teams]

    incomplete = call(manager, "patch", of_league(draft), {"order": ids[:2]})
    words = call(manager, "patch", of_league(draft), {"order": ["a"]})
    by_player = call(teams[0].user, "patch", of_league(draft), {"order": ids})
    by_nobody = call(None, "patch", of_league(draft), {"order": ids})
    take(teams[0], draft, drivers[0])
    too_late = call(manager, "patch", of_league(draft), {"order": ids})

    assert refusal(incomplete) == (400, "wrong_order")
    assert list(incomplete.json()["errors"]) == ["order"]
    assert refusal(words) == (400, "invalid")
    assert refusal(by_player) == (403, "not_allowed")
    assert refusal(by_nobody) == (401, "not_authenticated")
    assert refusal(too_late) == (409, "order_fixed")


# Picks ------------------------------------------------------------------------------------------


def test_a_pick_is_made_once_however_often_it_is_sent(
    draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    responses = [take(teams[0], draft, drivers[0]) for _ in range(2)]

    assert [response.status_code for response in responses] == [201, 201]
    assert responses[0].json() == responses[1].json()
    assert responses[0].json() == {
        "pick_number": 1,
        "round": 1,
        "constructor": teams[0].pk,
        "driver": drivers[0].pk,
        "source": "player",
        "reason": "",
        "made_at": "2026-07-22T09:00:00Z",
        "points_earned": None,
    }
    assert Pick.objects.count() == 1


def test_a_manager_picks_for_a_team(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User
) -> None:
    assert take(teams[0], draft, drivers[0], actor=manager).json()["source"] == "manager"


def test_picks_are_refused_with_their_code(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    take(teams[0], draft, drivers[0])
    late = ConstructorFactory(league=draft.league)

    refused = {
        "somebody else's": refusal(take(teams[1], draft, drivers[1], actor=teams[2].user)),
        "out of turn": refusal(take(teams[2], draft, drivers[1])),
        "taken": refusal(take(teams[1], draft, drivers[0])),
        "not entered": refusal(take(teams[1], draft, DriverFactory())),
        "joined late": refusal(take(late, draft, drivers[1])),
    }
    with time_machine.travel(draft.locks_at, tick=False):
        refused["after the lock"] = refusal(take(teams[1], draft, drivers[1]))
    withdraw_constructor(draft_id=draft.pk, constructor_id=teams[1].pk, now=now)
    refused["withdrawn"] = refusal(take(teams[1], draft, drivers[1]))
    Draft.objects.update(status="locked")
    refused["not open"] = refusal(take(teams[2], draft, drivers[1]))

    assert refused == {
        "somebody else's": (403, "not_allowed"),
        "out of turn": (409, "not_on_the_clock"),
        "taken": (409, "driver_taken"),
        "not entered": (409, "driver_not_entered"),
        "joined late": (409, "constructor_not_in_draft"),
        "after the lock": (409, "race_locked"),
        "withdrawn": (409, "constructor_not_in_draft"),
        "not open": (409, "draft_not_open"),
    }
    assert Pick.objects.count() == 1


@pytest.mark.parametrize("data", [{}, {"driver_id": 0}, {"driver_id": "max"}])
def test_a_pick_names_a_known_driver(draft: Draft, teams: list[Constructor], data: dict[str, Any]) -> None:
    response = call(teams[0].user, "post", of_team(teams[0], draft, "/picks"), data)

    assert refusal(response) == (400, "invalid")
    assert list(response.json()["errors"]) == ["driver_id"]


def test_a_pick_needs_an_account_and_a_draft(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    other = RaceFactory(season=draft.race.season, starts_at=now + timedelta(days=11))
    path = f"constructors/{teams[0].pk}/drafts/{other.pk}/picks"

    nobody = call(None, "post", of_team(teams[0], draft, "/picks"), {"driver_id": drivers[0].pk})
    no_draft = call(teams[0].user, "post", path, {"driver_id": drivers[0].pk})

    assert refusal(nobody) == (401, "not_authenticated")
    assert refusal(no_draft) == (404, "not_found")


# Autopick ---------------------------------------------------------------------------------------


def test_the_owner_switches_autopick(draft: Draft, teams: list[Constructor], drivers: list[Driver]) -> None:
    path = of_team(teams[0], draft, "/autopick")

    on = call(teams[0].user, "put", path, {"mode": "always"})
    picks = call(None, "get", of_team(teams[0], draft)).json()
    off = call(teams[0].user, "put", path, {"mode": "off"})

    assert (on.json(), off.json()) == ({"mode": "always"}, {"mode": "off"})
    assert picks["autopick"] == "always"
    assert [(pick["driver"], pick["source"], pick["reason"]) for pick in picks["picks"]] == [
        (drivers[0].pk, "auto", "Autopick was on. Best free driver by price (30.0 M)")
    ]
    assert not Autopilot.objects.exists()


def test_autopick_is_refused(draft: Draft, teams: list[Constructor], manager: User) -> None:
    path, data = of_team(teams[0], draft, "/autopick"), {"mode": "draft"}

    assert refusal(call(manager, "put", path, data)) == (403, "not_allowed")
    assert refusal(call(None, "put", path, data)) == (401, "not_authenticated")
    for wrong in ({}, {"mode": "on"}, {"on": True}):
        assert refusal(call(teams[0].user, "put", path, wrong)) == (400, "invalid")
    Draft.objects.update(status="void")
    assert refusal(call(teams[0].user, "put", path, data)) == (409, "draft_not_open")
    Draft.objects.update(status="locked")
    assert refusal(call(teams[0].user, "put", path, data)) == (409, "race_locked")


def test_the_next_pick_by_autopick_is_asked_for_as_often_as_one_likes(
    draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    path, data = of_team(teams[0], draft, "/autopick"), {"mode": "pick", "pick_number": 1}

    answers = [call(teams[0].user, "put", path, data) for _ in range(2)]

    assert [answer.json() for answer in answers] == [{"mode": "off"}] * 2
    assert draft.picks.get().reason == "Autopick was on for this pick. Best free driver by price (30.0 M)"


def test_a_pick_made_elsewhere_shows_at_once(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)

    body = call(None, "get", of_league(draft)).json()

    assert body["current_pick"] == {"pick_number": 2, "round": 1, "constructor": teams[1].pk, **NO_CLOCK}
    assert body["version"] == 3


# Managers' powers -------------------------------------------------------------------------------


def manage(user: User | None, draft: Draft, what: str, **data: Any) -> Response:
    return call(user, "post", f"{of_league(draft)}/{what}", data)


def test_a_manager_pauses_undoes_and_resumes(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User
) -> None:
    for team, driver in zip(teams, drivers, strict=False):
        take(team, draft, driver)

    paused = manage(manager, draft, "pause")
    last = manage(manager, draft, "undo")
    back = manage(manager, draft, "undo", to_pick_number=2)
    resumed = manage(manager, draft, "resume")

    answers = (paused, last, back, resumed)
    assert [answer.status_code for answer in answers] == [200] * 4
    bodies = [answer.json() for answer in answers]
    assert [(body["status"], len(body["picks"])) for body in bodies] == [
        ("paused", 3),
        ("paused", 2),
        ("paused", 1),
        ("open", 1),
    ]
    assert bodies[2]["current_pick"] == {"pick_number": 2, "round": 1, "constructor": teams[1].pk, **NO_CLOCK}
    assert call(None, "get", of_team(teams[1], draft)).json()["is_on_the_clock"]


def test_a_manager_picks_or_lets_the_autopick_pick_and_says_why(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User
) -> None:
    path = of_team(teams[0], draft, "/picks")
    call(teams[1].user, "put", of_team(teams[1], draft, "/queue"), {"driver_ids": [drivers[3].pk]})

    own = call(teams[0].user, "post", path, {"driver_id": drivers[0].pk, "reason": "Mine"})
    picked = call(manager, "post", path, {"driver_id": drivers[0].pk, "reason": "On the phone"})
    queued = take(teams[1], draft, drivers[1], actor=manager)
    let = [manage(manager, draft, "autopick", pick_number=2, reason="Asleep") for _ in range(2)]
    wrong = manage(manager, draft, "autopick", pick_number=5)

    assert (refusal(own), list(own.json()["errors"])) == ((400, "invalid"), ["reason"])
    assert picked.json()["reason"] == "On the phone"
    assert refusal(queued) == (409, "queue_first")
    assert let[0].json() == let[1].json()
    assert let[0].json()["picks"][1]["reason"] == "A manager let it pick (Asleep). Queue item 1"
    assert refusal(wrong) == (409, "not_on_the_clock")
    assert refusal(manage(manager, draft, "autopick")) == (400, "invalid")


def test_a_manager_does_not_pick_before_half_of_the_time_has_gone(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    control.set_clock(draft_id=draft.pk, pick_seconds=90, actor=manager, now=now)

    assert refusal(take(teams[0], draft, drivers[0], actor=manager)) == (409, "too_early_to_pick_for")
    assert refusal(manage(manager, draft, "autopick", pick_number=1)) == (409, "too_early_to_pick_for")


def test_a_paused_draft_asks_nobody_to_pick(draft: Draft, teams: list[Constructor], manager: User) -> None:
    manage(manager, draft, "pause")

    assert not call(None, "get", of_team(teams[0], draft)).json()["is_on_the_clock"]


def test_a_manager_makes_a_draft_void(draft: Draft, manager: User) -> None:
    answers = [manage(manager, draft, "void", reason="Nobody came") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["status"] == "void"


@pytest.mark.parametrize(
    ("what", "data"), [("pause", {}), ("resume", {}), ("undo", {}), ("void", {"reason": "Because"})]
)
def test_who_may_manage_a_draft(
    what: str, data: dict[str, Any], draft: Draft, teams: list[Constructor], manager: User
) -> None:
    League.objects.update(is_private=True)

    assert refusal(manage(None, draft, what, **data)) == (401, "not_authenticated")
    assert refusal(manage(UserFactory(), draft, what, **data)) == (404, "not_found")
    assert refusal(manage(teams[0].user, draft, what, **data)) == (403, "not_allowed")


@pytest.mark.parametrize(
    ("what", "data", "problem"),
    [
        ("undo", {}, (409, "draft_not_paused")),
        ("undo", {"to_pick_number": "last"}, (400, "invalid")),
        ("undo", {"picks": 2}, (400, "invalid")),
        ("void", {}, (400, "invalid")),
        ("void", {"reason": "x" * 201}, (400, "invalid")),
        ("pause", None, (409, "draft_not_running")),
    ],
)
def test_what_managers_cannot_do(
    what: str, data: dict[str, Any] | None, problem: tuple[int, str], draft: Draft, manager: User
) -> None:
    if data is None:
        Draft.objects.update(status="scheduled")

    assert refusal(manage(manager, draft, what, **(data or {}))) == problem


def clocked(draft: Draft, manager: User, seconds: int | None, **data: Any) -> Response:
    client = APIClient()
    client.force_authenticate(manager)
    given = {"pick_seconds": seconds, **data}
    answer: Response = client.put(f"/api/v1/{of_league(draft)}/clock", given, format="json")
    return answer


def test_a_manager_changes_the_clock_for_a_reason(draft: Draft, teams: list[Constructor], manager: User) -> None:
    answer = clocked(draft, manager, 90, reason="It is late")

    assert answer.status_code == 200
    assert answer.json()["pick_seconds"] == 90
    turn = {"pick_number": 1, "round": 1, "constructor": teams[0].pk}
    assert answer.json()["current_pick"] == turn | {"deadline": "2026-07-22T09:01:30Z", "seconds_left": None}
    name, told = events(call(None, "get", f"{of_league(draft)}/events"))[-1][1:]
    assert (name, told["reason"], told["pick_seconds"]) == ("clock_changed", "It is late", 90)
    assert told["current_pick"] == turn | {"deadline": "2026-07-22T09:01:30+00:00"}
    assert clocked(draft, manager, None).json()["current_pick"] == turn | NO_CLOCK


@pytest.mark.parametrize("seconds", [0, 14, 1_000, 86_401, "90", "x"])
def test_a_clock_of_other_times_is_refused_by_its_field(draft: Draft, manager: User, seconds: Any) -> None:
    answer = clocked(draft, manager, seconds)

    assert refusal(answer) == (400, "invalid")
    assert list(answer.json()["errors"]) == ["pick_seconds"]


def test_players_leave_the_clock_alone(draft: Draft, teams: list[Constructor]) -> None:
    assert refusal(clocked(draft, teams[0].user, 90)) == (403, "not_allowed")


def test_a_pause_tells_what_it_keeps(draft: Draft, manager: User, now: datetime) -> None:
    clocked(draft, manager, 90)
    with time_machine.travel(now + timedelta(seconds=20), tick=False):
        paused = manage(manager, draft, "pause", reason="Pizza is here").json()

    assert (paused["current_pick"]["deadline"], paused["current_pick"]["seconds_left"]) == (None, 70)
    assert draft.events().last().data["reason"] == "Pizza is here"


def test_reasons_are_short_and_only_texts(draft: Draft, manager: User) -> None:
    for reason in ("x" * 201, 5):
        client = APIClient()
        client.force_authenticate(manager)
        answer = client.post(f"/api/v1/{of_league(draft)}/pause", {"reason": reason}, format="json")
        assert refusal(answer) == (400, "invalid")
        assert list(answer.json()["errors"]) == ["reason"]


def test_a_scheduled_draft_shows_the_clock_with_which_it_would_open(
    league: League, race: Race, manager: User, now: datetime
) -> None:
    lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now)
    night = {"quiet_from": "22:00", "quiet_until": "08:30", "time_zone": "Europe/Berlin"}
    League.objects.update(pick_seconds=7_200, **night)

    path = f"leagues/{league.pk}/drafts"
    for body in (call(None, "get", path).json()["results"][0], call(None, "get", f"{path}/{race.pk}").json()):
        assert {name: body[name] for name in ("pick_seconds", *night)} == {"pick_seconds": 7_200, **night}


def test_whoever_reads_a_draft_finds_a_turn_that_is_over_taken(draft: Draft, manager: User, now: datetime) -> None:
    clocked(draft, manager, 90)

    with time_machine.travel(now + timedelta(seconds=100), tick=False):
        body = call(None, "get", of_league(draft)).json()

    assert body["current_pick"]["pick_number"] == 2
    assert body["current_pick"]["deadline"] == "2026-07-22T09:03:10Z"
    assert body["picks"][0]["reason"].startswith("Time ran out. ")


def test_drafts_are_filtered_and_ordered(draft: Draft, league: League, now: datetime) -> None:
    later = RaceFactory(season=league.season, starts_at=now + timedelta(days=11))
    lifecycle.schedule_draft(league_id=league.pk, race_id=later.pk, now=now)

    def races(query: str = "") -> list[int]:
        return [each["race"] for each in call(None, "get", f"leagues/{league.pk}/drafts{query}").json()["results"]]

    assert races() == races("?ordering=-starts_at") == [later.pk, draft.race_id]
    assert races("?ordering=locks_at") == races("?ordering=opens_at") == [draft.race_id, later.pk]
    assert races("?status=open") == races(f"?race={draft.race_id}") == [draft.race_id]
    assert races("?status=void") == []
    for wrong in ("status=x", "race=x", "ordering=seed"):
        assert refusal(call(None, "get", f"leagues/{league.pk}/drafts?{wrong}")) == (400, "invalid")


# Queues -----------------------------------------------------------------------------------------


def test_the_owner_reads_and_sets_the_queue(draft: Draft, teams: list[Constructor], drivers: list[Driver]) -> None:
    path, ids = of_team(teams[0], draft, "/queue"), [drivers[5].pk, drivers[2].pk]

    before = call(teams[0].user, "get", path)
    put = call(teams[0].user, "put", path, {"driver_ids": ids})
    after = call(teams[0].user, "get", path)

    assert [answer.status_code for answer in (before, put, after)] == [200, 200, 200]
    assert [answer.json()["driver_ids"] for answer in (before, put, after)] == [[], ids, ids]


def test_a_queue_is_secret_and_checked(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User
) -> None:
    path, wanted = of_team(teams[0], draft, "/queue"), {"driver_ids": [drivers[0].pk]}

    for user, problem in ((None, (401, "not_authenticated")), (teams[1].user, (403, "not_allowed"))):
        assert refusal(call(user, "get", path)) == refusal(call(user, "put", path, wanted)) == problem
    assert refusal(call(manager, "get", path)) == refusal(call(manager, "put", path, wanted)) == (403, "not_allowed")
    for ids, code in (([drivers[0].pk] * 2, "wrong_queue"), ([DriverFactory().pk], "wrong_queue"), ("x", "invalid")):
        answer = call(teams[0].user, "put", path, {"driver_ids": ids})
        assert (refusal(answer), list(answer.json()["errors"])) == ((400, code), ["driver_ids"])
    League.objects.update(is_private=True)
    assert refusal(call(UserFactory(), "get", path)) == (404, "not_found")


def test_the_owner_reads_and_sets_the_season_list(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User
) -> None:
    path = f"constructors/{teams[0].pk}/season-list"
    lists = {"driver_ids": [drivers[5].pk, drivers[2].pk], "never": [drivers[0].pk]}

    before = call(teams[0].user, "get", path)
    put = call(teams[0].user, "put", path, lists)
    after = call(teams[0].user, "get", path)

    assert [answer.json() for answer in (before, put, after)] == [{"driver_ids": [], "never": []}, lists, lists]
    assert refusal(call(None, "get", path)) == (401, "not_authenticated")
    for user in (manager, teams[1].user):
        assert refusal(call(user, "get", path)) == refusal(call(user, "put", path, lists)) == (403, "not_allowed")
    wrong = call(teams[0].user, "put", path, {**lists, "never": lists["driver_ids"]})
    assert (refusal(wrong), list(wrong.json()["errors"])) == ((400, "wrong_season_list"), ["driver_ids"])
    assert refusal(call(teams[0].user, "put", path, {"driver_ids": []})) == (400, "invalid")
    League.objects.update(is_private=True)
    assert refusal(call(UserFactory(), "get", path)) == (404, "not_found")


# Events -----------------------------------------------------------------------------------------


def events(answer: Response) -> list[tuple[int, str, dict[str, Any]]]:
    """What a client of server-sent events makes of the answer."""
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/event-stream")
    start, *blocks = answer.content.decode().removesuffix("\n\n").split("\n\n")
    assert start == "retry: 5000"
    parsed = [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]
    return [(int(fields["id"]), fields["event"], json.loads(fields["data"])) for fields in parsed]


def test_the_log_of_a_draft_is_a_stream_of_events(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User
) -> None:
    take(teams[0], draft, drivers[0])
    manage(manager, draft, "pause")

    streamed = events(call(None, "get", f"{of_league(draft)}/events"))

    assert [(number, kind) for number, kind, _ in streamed] == [
        (1, "draft_scheduled"),
        (2, "draft_opened"),
        (3, "pick_made"),
        (4, "draft_paused"),
    ]
    assert streamed[2][2] == {
        "at": "2026-07-22T09:00:00Z",
        "by": {"id": teams[0].user_id, "username": teams[0].user.username},
        "draft_id": draft.pk,
        "pick_number": 1,
        "constructor_id": teams[0].pk,
        "driver_id": drivers[0].pk,
        "source": "player",
        "reason": "",
        "current_pick": {"pick_number": 2, "round": 1, "constructor": teams[1].pk, "deadline": None},
    }


def test_a_stream_is_taken_up_where_it_was_left(draft: Draft, teams: list[Constructor], drivers: list[Driver]) -> None:
    take(teams[0], draft, drivers[0])
    client, path = APIClient(), f"/api/v1/{of_league(draft)}/events"

    asked = [
        client.get(path, {"after": 1}),
        client.get(path, {"after": 1}, headers={"Last-Event-ID": "2"}),
        client.get(path, headers={"Last-Event-ID": "3"}),
        client.get(path, headers={"Accept": "text/event-stream", "Last-Event-ID": ""}),
    ]

    assert [[number for number, _, _ in events(answer)] for answer in asked] == [[2, 3], [3], [], [1, 2, 3]]
    assert client.head(path).status_code == 200


def test_a_long_log_comes_in_parts(draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "BATCH", 1)
    path = f"{of_league(draft)}/events"

    assert [number for number, _, _ in events(call(None, "get", path))] == [1]
    assert [number for number, _, _ in events(call(None, "get", f"{path}?after=1"))] == [2]


@pytest.mark.parametrize("after", ["-1", "x", "", "1.5", str(2**31), "9" * 5000])
def test_what_is_no_event_is_refused(draft: Draft, after: str) -> None:
    answer = APIClient().get(f"/api/v1/{of_league(draft)}/events", {"after": after})

    assert refusal(answer) == (400, "invalid")
    assert list(answer.json()["errors"]) == ["after"]


def test_the_stream_takes_no_parameter_that_it_does_not_know(draft: Draft) -> None:
    answer = APIClient().get(f"/api/v1/{of_league(draft)}/events", {"since": 1})

    assert (refusal(answer), list(answer.json()["errors"])) == ((400, "invalid"), ["since"])


def test_events_of_a_private_league_do_not_exist_for_strangers(draft: Draft, teams: list[Constructor]) -> None:
    League.objects.update(is_private=True)
    path = f"{of_league(draft)}/events"

    assert refusal(call(None, "get", path)) == refusal(call(UserFactory(), "get", path)) == (404, "not_found")
    assert call(teams[0].user, "get", path).status_code == 200


def test_events_keep_secrets(league: League, race: Race, manager: User, drivers: list[Driver], now: datetime) -> None:
    """Neither the seed of an order before the opening, nor queues at any time."""
    draft = lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now)
    path = f"{of_league(draft)}/events"
    team = league.constructors.all()[0]
    call(team.user, "put", of_team(team, draft, "/queue"), {"driver_ids": [drivers[0].pk]})

    sealed = call(manager, "get", path)
    lifecycle.open_draft(draft_id=draft.pk, actor=manager, now=now)

    assert draft.order_seed not in sealed.content.decode()
    assert [kind for _, kind, _ in events(sealed)] == ["draft_scheduled"]
    assert events(call(manager, "get", path))[1][2]["seed"] == draft.order_seed


def test_the_log_of_a_draft_takes_no_other_parameters(draft: Draft) -> None:
    answer = APIClient().get(f"/api/v1/{of_league(draft)}/events", {"since": 1})

    assert (answer.status_code, answer.json()["errors"]) == (400, {"since": ["There is no parameter “since” here."]})
