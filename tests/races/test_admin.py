"""What a host sees and decides in the admin."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from races.models import (
    Driver,
    HeldEvent,
    Race,
    RaceEntry,
    RaceResult,
    ResultQuestion,
    ResultRevision,
    SeasonEntry,
    SyncRun,
    UpstreamAnswer,
)
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

MODELS = [
    "season",
    "team",
    "driver",
    "race",
    "seasonentry",
    "raceentry",
    "resultrevision",
    "raceresult",
    "syncrun",
    "resultquestion",
    "upstreamanswer",
    "heldevent",
]
HISTORY = {
    *["season", "race", "seasonentry", "resultrevision", "raceresult", "syncrun", "resultquestion", "upstreamanswer"]
}


@pytest.fixture
def host(client: Client) -> Client:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def helper(client: Client) -> Client:
    """Staff with every permission on this app, but no superuser."""
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="races"))
    client.force_login(user)
    return client


def hold(season, key: str = "2026_Moon_Grand_Prix") -> HeldEvent:
    at = SEASON_START + timedelta(days=100)
    payload = {
        "key": key,
        "name": "Moon Grand Prix",
        "circuit_id": "moon",
        "circuit_name": "Mare Imbrium",
        "starts_at": at.isoformat(),
        "round_number": None,
        "locality": "",
        "country": "",
        "first_practice_at": None,
        "second_practice_at": None,
        "third_practice_at": None,
        "sprint_qualifying_at": None,
        "sprint_at": None,
        "qualifying_at": None,
        "time_known": True,
        "is_cancelled": False,
    }
    return HeldEvent.objects.create(
        season=season, external_id=key, payload=payload, reason="Unknown", created_at=SEASON_START
    )


@pytest.fixture
def one_of_each():
    """A row of every model; their addresses by model name."""
    race, driver, team = RaceFactory(), DriverFactory(family_name="Ahorn"), TeamFactory()
    revision = publish_sheet(race, [(driver, team, {"points": 25})])
    run = SyncRun.objects.create(
        season=2026, what="results", game_time=SEASON_START, started_at=datetime(2026, 3, 8, 18, tzinfo=UTC)
    )
    rows = {
        "season": race.season,
        "team": team,
        "driver": driver,
        "race": race,
        "seasonentry": SeasonEntry.objects.create(season=race.season, driver=driver, team=team, first_race=race),
        "raceentry": RaceEntryFactory(race=race, driver=driver, team=team),
        "resultrevision": revision,
        "raceresult": revision.results.get(),
        "syncrun": run,
        "resultquestion": ResultQuestion.objects.create(race=race, session="grand_prix", answer="No rows yet"),
        "upstreamanswer": UpstreamAnswer.objects.create(
            address="2026/1/results/?offset=0", answered_at=SEASON_START, fresh_until=SEASON_START
        ),
        "heldevent": hold(race.season),
    }
    return {name: reverse(f"admin:races_{name}_change", args=[row.pk]) for name, row in rows.items()}


@pytest.mark.parametrize("model", MODELS)
def test_every_model_can_be_searched_and_looked_at(host: Client, one_of_each, model):
    found = host.get(reverse(f"admin:races_{model}_changelist"), {"q": "zzz"})
    everything = host.get(reverse(f"admin:races_{model}_changelist"))
    row = host.get(one_of_each[model])

    assert (found.status_code, everything.status_code, row.status_code) == (200, 200, 200)
    assert found.context["cl"].result_count == 0
    assert everything.context["cl"].result_count == 1


@pytest.mark.parametrize("model", sorted(HISTORY))
def test_history_cannot_be_written_even_by_a_host(host: Client, one_of_each, model):
    add = host.get(reverse(f"admin:races_{model}_add"))
    change = host.post(one_of_each[model], {})
    delete = host.post(one_of_each[model].replace("change", "delete"), {"post": "yes"})

    assert (add.status_code, change.status_code, delete.status_code) == (403, 403, 403)


@pytest.mark.parametrize("model", ["team", "driver", "heldevent"])
def test_what_the_upstream_names_is_neither_added_nor_deleted(host: Client, one_of_each, model):
    add = host.get(reverse(f"admin:races_{model}_add"))
    delete = host.post(one_of_each[model].replace("change", "delete"), {"post": "yes"})

    assert (add.status_code, delete.status_code) == (403, 403)


def test_a_version_shows_its_lines(host: Client, one_of_each):
    page = host.get(one_of_each["resultrevision"])

    assert "Test Ahorn" in page.content.decode()


def test_a_host_sets_status_and_price_of_a_driver_and_nothing_else(host: Client, one_of_each):
    host.post(one_of_each["driver"], {"status": "reserve", "price": "12.5", "family_name": "Other"})

    driver = Driver.objects.get()
    assert (driver.status, str(driver.price), driver.family_name) == ("reserve", "12.5", "Ahorn")


def test_a_host_changes_an_entry_and_it_counts_as_confirmed(host: Client, one_of_each):
    entry = RaceEntry.objects.get()
    other = DriverFactory()
    values = {"race": RaceFactory().pk, "driver": other.pk, "team": entry.team_id, "status": "withdrawn"}

    host.post(one_of_each["raceentry"], values)

    changed = RaceEntry.objects.get()
    assert (changed.status, changed.is_confirmed) == ("withdrawn", True)
    assert (changed.race, changed.driver) == (entry.race, entry.driver)


def test_a_host_enters_a_substitute_who_replaces_somebody(host: Client, one_of_each):
    entry = RaceEntry.objects.get()
    address = reverse("admin:races_raceentry_add")
    values = {"race": entry.race_id, "driver": DriverFactory().pk, "team": entry.team_id, "status": "substitute"}

    refused = host.post(address, values, headers={"referer": f"http://testserver{address}"}, follow=True)
    host.post(address, values | {"replaces": entry.driver_id})

    assert "A substitute replaces somebody: say whom." in refused.content.decode()
    assert RaceEntry.objects.get(status="substitute").replaces == entry.driver


def test_an_entry_is_withdrawn_and_never_deleted(host: Client, one_of_each):
    deleted = host.post(one_of_each["raceentry"].replace("change", "delete"), {"post": "yes"})

    assert deleted.status_code == 403


def test_an_entry_is_for_superusers_to_change(helper: Client, one_of_each):
    entry = RaceEntry.objects.get()

    looked = helper.get(one_of_each["raceentry"])
    changed = helper.post(one_of_each["raceentry"], {"status": "withdrawn"})
    deleted = helper.post(one_of_each["raceentry"].replace("change", "delete"), {"post": "yes"})

    entry.refresh_from_db()
    assert (looked.status_code, changed.status_code, deleted.status_code) == (200, 403, 403)
    assert entry.status == "entered"


def test_a_host_attaches_a_held_event_to_a_race_of_its_season(host: Client):
    race = RaceFactory(round_number=None)
    named = RaceFactory()
    other = RaceFactory(season=SeasonFactory(year=2025), round_number=None)
    held = hold(race.season)
    address = reverse("admin:races_heldevent_change", args=[held.pk])

    refused = host.post(address, {"race": other.pk})
    refused_too = host.post(address, {"race": named.pk})
    nothing = host.post(address, {"race": ""})
    done = host.post(address, {"race": race.pk})

    held.refresh_from_db()
    assert (refused.status_code, refused_too.status_code) == (200, 200)
    assert (nothing.status_code, done.status_code) == (200, 302)
    assert held.race == race
    assert held.resolved_at is not None


def test_a_decision_about_a_held_event_stands(host: Client):
    race, other = RaceFactory(round_number=None), RaceFactory(round_number=None)
    held = hold(race.season)
    address = reverse("admin:races_heldevent_change", args=[held.pk])
    host.post(address, {"race": race.pk})

    host.post(address, {"race": other.pk})

    held.refresh_from_db()
    assert held.race == race


def test_a_host_makes_held_events_new_races_once(host: Client):
    season = SeasonFactory()
    held = hold(season)
    address = reverse("admin:races_heldevent_changelist")
    choice = {"action": "create_races", "_selected_action": [held.pk]}

    first = host.post(address, choice, follow=True)
    host.post(address, choice)

    race = Race.objects.get()
    held.refresh_from_db()
    assert (race.name, held.race) == ("Moon Grand Prix", race)
    assert "2026 Moon Grand Prix is now in the calendar." in first.content.decode()


def test_a_held_event_that_became_a_race_is_refused_in_words(host: Client):
    held = hold(SeasonFactory())
    RaceFactory(season=held.season, external_id=held.external_id)

    page = host.post(
        reverse("admin:races_heldevent_changelist"),
        {"action": "create_races", "_selected_action": [held.pk]},
        follow=True,
    )

    assert (page.status_code, Race.objects.count()) == (200, 1)
    assert "The calendar already knows Moon Grand Prix" in page.content.decode()


def test_a_host_cancels_races_that_have_no_results(host: Client):
    coming, held = RaceFactory(), RaceFactory(results_status=Race.Results.PROVISIONAL)
    choice = {"action": "cancel_races", "_selected_action": [coming.pk, held.pk]}

    page = host.post(reverse("admin:races_race_changelist"), choice, follow=True).content.decode()

    coming.refresh_from_db()
    held.refresh_from_db()
    assert (coming.status, coming.round_number, held.status) == ("cancelled", None, "scheduled")
    assert f"{coming} is cancelled. A calendar that names it brings it back." in page
    assert f"The {held} has results." in page


def test_a_helper_cancels_nothing(helper: Client):
    race = RaceFactory()

    helper.post(
        reverse("admin:races_race_changelist"), {"action": "cancel_races", "_selected_action": [race.pk]}, follow=True
    )

    race.refresh_from_db()
    assert race.status == "scheduled"


def test_lists_of_history_cost_the_same_for_one_and_for_three(
    host: Client, django_assert_max_num_queries, django_assert_num_queries
):
    race = RaceFactory()
    publish_sheet(race, [(DriverFactory(), TeamFactory(), {})])
    addresses = [reverse(f"admin:races_{model}_changelist") for model in ("resultrevision", "raceresult")]
    for address in addresses:
        host.get(address)
    with django_assert_max_num_queries(40) as one:
        for address in addresses:
            host.get(address)

    for _ in range(2):
        publish_sheet(RaceFactory(), [(DriverFactory(), TeamFactory(), {})])

    assert (ResultRevision.objects.count(), RaceResult.objects.count()) == (3, 3)
    with django_assert_num_queries(len(one)):
        for address in addresses:
            host.get(address)


def test_what_is_no_id_is_refused_by_a_picker(admin_client: Client) -> None:
    page = reverse("admin:races_raceentry_add")

    for nonsense in ("x", "²", "9" * 30):
        answer = admin_client.post(page, {"race": nonsense, "driver": nonsense, "team": nonsense})
        assert answer.status_code == 200
        assert {"race", "driver", "team"} <= set(answer.context["adminform"].form.errors)


@pytest.fixture
def raced() -> Race:
    return RaceFactory(entries=4, qualifying_at=SEASON_START - timedelta(days=1), starts_at=SEASON_START)


def result_address(race: Race, session: str = "grand_prix") -> str:
    return reverse("admin:races_race_result", args=[race.pk, session])


def filled(page) -> dict[str, object]:
    """What the form would send as it is, with places in the order of the rows."""
    form = page.context["form"]
    values = {field.html_name: field.value() for field in form if field.value() is not None}
    for place, entry in enumerate(form.entries, start=1):
        values[f"place_{entry.driver_id}"] = place
    return values


def test_a_host_enters_a_result_by_hand_from_the_race(host: Client, raced: Race):
    page = host.get(reverse("admin:races_race_change", args=[raced.pk])).content.decode()
    form = host.get(result_address(raced))
    stored = host.post(result_address(raced), filled(form), follow=True)

    assert result_address(raced) in page
    assert result_address(raced, "sprint") not in page
    assert (form.status_code, form.content.decode().count('type="number"')) == (200, 8)
    assert "It is stored." in stored.content.decode()
    revision = ResultRevision.objects.get()
    assert (revision.source, revision.results.count(), revision.created_by.is_superuser) == ("manual", 4, True)


def test_the_form_tells_what_is_wrong_and_keeps_what_was_typed(host: Client, raced: Race):
    values = filled(host.get(result_address(raced)))
    first, second = [name for name in values if name.startswith("place_")][:2]

    twice = host.post(result_address(raced), values | {second: 1})
    unread = host.post(result_address(raced), values | {first: "x", "fastest": "999"})

    assert (twice.status_code, unread.status_code) == (422, 422)
    assert "Position 1 is given twice" in twice.content.decode()
    assert "Enter a whole number." in unread.content.decode()
    assert not ResultRevision.objects.exists()


def test_the_feeds_result_is_replaced_on_purpose_only(host: Client, raced: Race):
    entries = list(raced.entries.select_related("driver", "team"))
    publish_sheet(raced, [(entry.driver, entry.team, {"laps": 57}) for entry in entries])
    values = filled(host.get(result_address(raced)))
    values |= {f"place_{entries[0].driver_id}": "2", f"place_{entries[1].driver_id}": "1"}

    refused = host.post(result_address(raced), values)
    done = host.post(result_address(raced), values | {"replaces_feed": "on"}, follow=True)

    assert (refused.status_code, ResultRevision.objects.count()) == (422, 2)
    assert "The feed has this result already." in refused.content.decode()
    assert "P2 → P1" in done.content.decode()
    assert (
        "P2 → P1"
        in host.get(
            reverse("admin:races_resultrevision_change", args=[ResultRevision.objects.get(is_current=True).pk])
        ).content.decode()
    )
    page = host.get(reverse("races:race", args=[raced.pk])).content.decode()
    assert "P2 → P1" in page
    assert "Entered by hand by a host" in page


def test_storing_what_stands_changes_nothing(host: Client, raced: Race):
    host.post(result_address(raced), filled(host.get(result_address(raced))))

    again = host.post(result_address(raced), filled(host.get(result_address(raced))), follow=True)

    assert "Nothing is different from what stands." in again.content.decode()


def test_a_qualifying_form_has_places_alone(host: Client, raced: Race):
    page = host.get(result_address(raced, "qualifying"))
    host.post(result_address(raced, "qualifying"), filled(page))

    assert "Fastest lap" not in page.content.decode()
    assert ResultRevision.objects.get().session == "qualifying"


def test_there_is_no_form_for_what_was_not_held(host: Client, raced: Race):
    coming = RaceFactory(starts_at=datetime(2199, 1, 1, tzinfo=UTC), qualifying_at=None)

    sprint = host.get(result_address(raced, "sprint"), follow=True)
    early = host.get(result_address(coming), follow=True)

    assert "has no Sprint." in sprint.content.decode()
    assert "has not begun yet." in early.content.decode()
    assert host.get(result_address(raced, "warm_up")).status_code == 404
    assert host.get(result_address(raced).replace(str(raced.pk), "999")).status_code == 404


def test_results_are_entered_by_hosts_alone(helper: Client, raced: Race):
    page = helper.get(reverse("admin:races_race_change", args=[raced.pk]))

    assert result_address(raced) not in page.content.decode()
    assert helper.get(result_address(raced)).status_code == 403


def test_the_list_of_races_shows_how_it_stands_with_results(host: Client, raced: Race, django_assert_max_num_queries):
    other = RaceFactory(starts_at=SEASON_START, qualifying_at=None)
    ResultQuestion.objects.create(
        race=raced,
        session="grand_prix",
        answered_at=SEASON_START + timedelta(hours=9),
        answer="No rows yet",
        late_at=SEASON_START + timedelta(hours=8),
    )

    with django_assert_max_num_queries(20):
        page = host.get(reverse("admin:races_race_changelist"))
    late = host.get(reverse("admin:races_race_changelist"), {"late": "yes"})

    assert "Grand Prix: No rows yet" in page.content.decode()
    assert {race.pk for race in page.context["cl"].result_list} == {raced.pk, other.pk}
    assert [race.pk for race in late.context["cl"].result_list] == [raced.pk]
    assert '<td class="field-late">Grand Prix</td>' in late.content.decode()
