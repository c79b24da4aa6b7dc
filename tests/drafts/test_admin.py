from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from drafts import control, lifecycle
from drafts.models import Draft, Pick
from drafts.picks import make_pick, set_autopilot
from leagues.models import Constructor, League
from races.models import Driver, Race
from tests.factories import LeagueFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def manager() -> User:
    return UserFactory(is_staff=True)


@pytest.fixture
def stranger() -> User:
    """Manages another league."""
    user = UserFactory(is_staff=True)
    LeagueFactory(creator=user)
    return user


@pytest.fixture
def scheduled(league: League, race: Race, now: datetime) -> Draft:
    return lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now)


def page(draft: Draft | Pick) -> str:
    return reverse(f"admin:drafts_{draft._meta.model_name}_change", args=[draft.pk])


def listing(model: str) -> str:
    return reverse(f"admin:drafts_{model}_changelist")


def test_managers_see_what_belongs_to_their_leagues(
    client: Client,
    draft: Draft,
    teams: list[Constructor],
    drivers: list[Driver],
    manager: User,
    stranger: User,
    now: datetime,
) -> None:
    pick = make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    set_autopilot(draft_id=draft.pk, constructor=teams[2], mode="always", actor=teams[2].user, now=now)

    seen = {}
    for user in (manager, stranger, UserFactory(is_staff=True, is_superuser=True)):
        client.force_login(user)
        counts = [client.get(listing(name)).context["cl"].result_count for name in ("draft", "pick", "autopilot")]
        seen[user] = (counts, client.get(page(draft)).status_code, client.get(page(pick)).status_code)

    assert list(seen.values()) == [([1, 1, 1], 200, 200), ([0, 0, 0], 302, 302), ([1, 1, 1], 200, 200)]


def test_who_manages_nothing_sees_no_drafts(client: Client, draft: Draft) -> None:
    client.force_login(UserFactory(is_staff=True))

    assert client.get(listing("draft")).status_code == 403


def test_drafts_can_be_searched_and_filtered(client: Client, draft: Draft, manager: User) -> None:
    client.force_login(manager)

    counts = [
        client.get(f"{listing('draft')}?{query}").context["cl"].result_count
        for query in (f"q={draft.race.name}", "q=nowhere", "status__exact=open", "status__exact=void")
    ]

    assert counts == [1, 0, 1, 0]


def test_a_seed_stays_secret_until_the_draft_opens(
    client: Client, scheduled: Draft, manager: User, now: datetime
) -> None:
    client.force_login(manager)

    sealed = client.get(page(scheduled)).content.decode()
    lifecycle.open_draft(draft_id=scheduled.pk, actor=manager, now=now)
    revealed = client.get(page(scheduled)).content.decode()

    assert (scheduled.order_seed in sealed, scheduled.order_seed in revealed) == (False, True)


def test_a_manager_opens_a_draft(client: Client, scheduled: Draft, manager: User) -> None:
    client.force_login(manager)
    data = {"action": "open_now", "_selected_action": [scheduled.pk]}

    told = []
    for _ in range(2):
        response = client.post(listing("draft"), data, follow=True)
        told += [str(message) for message in response.context["messages"]]

    scheduled.refresh_from_db()
    assert scheduled.status == "open"
    assert told == [f"{scheduled}: opened.", f"{scheduled}: was opened before."]


def test_a_draft_that_cannot_be_opened_says_why(client: Client, scheduled: Draft, manager: User) -> None:
    scheduled.race.entries.all().delete()
    client.force_login(manager)

    response = client.post(listing("draft"), {"action": "open_now", "_selected_action": [scheduled.pk]}, follow=True)

    assert [str(message) for message in response.context["messages"]] == [
        f"{scheduled}: The entry list of this race is not known yet."
    ]


FORM = {"picks-TOTAL_FORMS": 0, "picks-INITIAL_FORMS": 0}


def test_a_manager_sets_the_order(client: Client, draft: Draft, teams: list[Constructor], manager: User) -> None:
    client.force_login(manager)
    wanted = [team.pk for team in teams[::-1]]

    response = client.post(page(draft), {"order_data": ", ".join(map(str, wanted)), **FORM})

    draft.refresh_from_db()
    assert response.status_code == 302
    assert (draft.order_data, draft.is_manual, draft.last_modified_by) == (wanted, True, manager)
    assert "set the order by hand" in client.get(page(draft)).content.decode()


def test_a_wrong_order_goes_back_to_the_form(
    client: Client, draft: Draft, teams: list[Constructor], manager: User
) -> None:
    client.force_login(manager)
    data = {"order_data": str(teams[0].pk), **FORM}

    response = client.post(page(draft), data, headers={"Referer": f"http://testserver{page(draft)}"}, follow=True)

    draft.refresh_from_db()
    assert [str(message) for message in response.context["messages"]] == [
        "The order must name every team of the league exactly once."
    ]
    assert not draft.is_manual


@pytest.mark.parametrize(
    "text", ["5.5", "[1, 2]", "[null, 1]", "NaN", "1e999", "1,,2", "1;2", "x", "[" * 5000, "9" * 30, "true", "-1", "²"]
)
def test_what_is_no_order_is_an_error_of_the_form(client: Client, draft: Draft, manager: User, text: str) -> None:
    client.force_login(manager)

    response = client.post(page(draft), {"order_data": text, **FORM})

    assert response.status_code == 200
    assert response.context["adminform"].errors == {"order_data": ["Write the ids of the teams, separated by commas."]}
    assert not Draft.objects.get().is_manual


@pytest.mark.parametrize("known", [True, False])
def test_saving_a_draft_as_it_is_changes_nothing(
    client: Client, scheduled: Draft, manager: User, known: bool, now: datetime
) -> None:
    if known:
        lifecycle.open_draft(draft_id=scheduled.pk, actor=manager, now=now)
    client.force_login(manager)
    form = client.get(page(scheduled)).context["adminform"].form
    before = Draft.objects.values().get()

    response = client.post(page(scheduled), {"order_data": form["order_data"].value(), **FORM})

    assert response.status_code == 302
    assert Draft.objects.values().get() == before


def test_who_is_on_autopick_is_shown(
    client: Client, draft: Draft, teams: list[Constructor], manager: User, now: datetime
) -> None:
    set_autopilot(draft_id=draft.pk, constructor=teams[0], mode="always", actor=teams[0].user, now=now)
    client.force_login(manager)

    answer = client.get(reverse("admin:drafts_autopilot_change", args=[teams[0].autopilot.pk])).content.decode()

    assert f"{teams[0]} on autopick" in answer


def test_history_cannot_be_changed(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    pick = make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    client.force_login(manager)

    order_page = client.get(page(draft)).content.decode()
    statuses = [
        client.post(page(pick), {"driver": drivers[1].pk}).status_code,
        client.post(reverse("admin:drafts_pick_delete", args=[pick.pk]), {"post": "yes"}).status_code,
        client.get(reverse("admin:drafts_draft_add")).status_code,
    ]

    assert 'name="order_data"' not in order_page
    assert drivers[0].name in order_page
    assert statuses == [403, 403, 403]
    assert Pick.objects.get().driver == drivers[0]


def test_a_secret_seed_cannot_be_guessed_by_filters(client: Client, scheduled: Draft, manager: User) -> None:
    client.force_login(manager)

    for query in (f"order_seed__startswith={scheduled.order_seed[0]}", f"order_seed={scheduled.order_seed}"):
        assert client.get(f"{listing('draft')}?{query}").status_code == 400


HUGE = "9" * 30


@pytest.mark.parametrize(
    "query",
    [
        f"locks_at__year={HUGE}",
        "locks_at__year=9999&locks_at__month=12",
        "locks_at__year=9999",
        "locks_at__gte=x",
        f"league__exact={HUGE}",
        f"p={HUGE}",
    ],
)
def test_a_filter_that_cannot_be_is_passed_over(client: Client, draft: Draft, manager: User, query: str) -> None:
    client.force_login(manager)

    assert client.get(f"{listing('draft')}?{query}", follow=True).status_code == 200


@pytest.mark.parametrize("pk", [HUGE, "x", "\x00", "²", "1.5", ""])
def test_an_action_with_what_is_no_draft_is_refused(client: Client, draft: Draft, manager: User, pk: str) -> None:
    client.force_login(manager)

    response = client.post(listing("draft"), {"action": "open_now", "_selected_action": [pk]}, follow=True)

    assert response.status_code in {200, 400}


def test_lists_can_be_filtered_by_all_they_offer(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    client.force_login(manager)

    for name in ("draft", "pick"):
        listed = client.get(listing(name)).context["cl"]
        choices = [choice["query_string"] for spec in listed.filter_specs for choice in spec.choices(listed)]
        dates = [f"?{listed.date_hierarchy}__{query}" for query in ("year=2026", "gte=2026-07-01T00:00:00Z")]
        assert {client.get(listing(name) + query).status_code for query in choices + dates} == {200}


# Managing drafts --------------------------------------------------------------------------------


def run(client: Client, action: str, *drafts: Draft, **data: str) -> list[str]:
    """What is said after an action of the list."""
    chosen = {"action": action, "_selected_action": [draft.pk for draft in drafts], **data}
    response = client.post(listing("draft"), chosen, follow=True)
    return [str(message) for message in response.context["messages"]]


def test_a_manager_pauses_undoes_resumes_and_makes_void(
    client: Client, draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    client.force_login(manager)

    assert run(client, "undo_last", draft) == [f"{draft}: Pause the draft first: picks are undone while nobody picks."]
    assert run(client, "pause", draft) == [f"{draft}: is paused."]
    assert run(client, "undo_last", draft) == [f"{draft}: is paused."]
    assert run(client, "undo_last", draft) == [f"{draft}: No pick has been made yet."]
    assert run(client, "resume", draft) == [f"{draft}: is open."]
    assert run(client, "make_void", draft) == [f"{draft}: Say why the draft is made void."]
    assert run(client, "make_void", draft, reason="Nobody came") == [f"{draft}: is void."]
    assert list(draft.events().filter(actor=manager).values_list("name", flat=True))[1:] == [
        "DraftPaused",
        "PicksUndone",
        "DraftResumed",
        "DraftVoided",
    ]


@pytest.mark.parametrize("action", ["open_now", "pause", "resume", "undo_last", "make_void"])
def test_others_drafts_are_out_of_reach_of_actions(
    client: Client, draft: Draft, stranger: User, action: str, now: datetime, manager: User
) -> None:
    control.pause_draft(draft_id=draft.pk, actor=manager, now=now)
    version = Draft.objects.get().version
    client.force_login(stranger)

    run(client, action, draft, reason="Because")

    assert Draft.objects.get().version == version
