"""The draft room in a real browser: what its scripts do."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from drafts import control, lifecycle, queues
from drafts.models import Draft
from drafts.picks import make_pick
from leagues.models import Constructor
from races.models import Driver
from tests.e2e.browsing import PHONE, NewPage, faults_of
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory

AT_THE_ROOM = "() => { window.isTheSame = true; }"


@pytest.fixture
def draft(transactional_db: None) -> Draft:
    """A live draft of three teams, a minute and a half for a pick, that has just opened."""
    now = timezone.now()
    race = RaceFactory(starts_at=now + timedelta(days=4), entries=22)
    league = LeagueFactory(season=race.season, pick_seconds=90)
    for name in ("Apex Hunters", "Box Box Box", "Curva Grande"):
        ConstructorFactory(league=league, team_name=name)
    lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=now)
    return Draft.objects.get()


@pytest.fixture
def teams(draft: Draft) -> list[Constructor]:
    """In the order of the draft."""
    return [Constructor.objects.select_related("user").get(pk=pk) for pk in draft.order_data]


@pytest.fixture
def drivers(draft: Draft) -> list[Driver]:
    return [entry.driver for entry in draft.race.entries.select_related("driver").order_by("pk")]


@pytest.fixture
def enter(new_page: NewPage, draft: Draft, live_server: LiveServer) -> Callable[..., Page]:
    """The room in a browser of ``user``'s own, once it is live; ``before`` prepares its page."""

    def enter(user: User | None, *, before: Callable[[Page], object] | None = None, **options: object) -> Page:
        page = new_page(**options)
        if before:
            before(page)
        if user:
            client = Client()
            client.force_login(user)
            session = client.cookies["sessionid"].value
            page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page.goto(reverse("drafts:room", args=[draft.league_id, draft.race_id]))
        expect(page.locator("#connection")).to_have_text(re.compile("^Live"))
        page.evaluate(AT_THE_ROOM)
        return page

    return enter


def take(draft: Draft, team: Constructor, driver: Driver) -> None:
    make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=timezone.now())


def test_picks_of_others_appear_and_nothing_that_is_being_done_is_lost(
    enter: Callable[..., Page], draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    page = enter(teams[2].user)
    page.get_by_label("Search").fill(f"{drivers[7].family_name}")
    expect(page.locator(".room__driver")).to_have_count(1)
    page.get_by_label("Driver to queue").select_option(str(drivers[7].pk))
    star = page.get_by_role("button", name=f"Queue {drivers[7].name}", exact=True)
    star.focus()

    take(draft, teams[0], drivers[0])

    expect(page.locator("#board .draft-cell__name").first).to_have_text(drivers[0].family_name)
    expect(page.locator("#announce")).to_have_text(f"{teams[0]} drafted {drivers[0]} with pick 1. You pick in 1.")
    expect(page.locator(".room__driver")).to_have_count(1)
    expect(page.get_by_label("Search")).to_have_value(drivers[7].family_name)
    expect(page.get_by_label("Driver to queue")).to_have_value(str(drivers[7].pk))
    expect(star).to_be_focused()
    assert page.evaluate("window.isTheSame")


def test_news_that_come_after_the_answer_to_an_action_are_left_aside(
    enter: Callable[..., Page], draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    page = enter(teams[2].user)
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route(re.compile(r"[?&]seen=\d"), hold_the_first)
    with page.expect_request(re.compile(r"[?&]seen=\d")):
        take(draft, teams[0], drivers[0])

    page.get_by_role("button", name=f"Queue {drivers[7].name}", exact=True).click()
    expect(page.locator("#queue-items")).to_contain_text(drivers[7].name)
    with page.expect_response(held[0].request.url):
        held[0].continue_()

    expect(page.locator("#queue-items")).to_contain_text(drivers[7].name)
    expect(page.locator("#board .draft-cell__name")).to_have_text(drivers[0].family_name)
    take(draft, teams[1], drivers[1])
    expect(page.locator("#board .draft-cell__name")).to_have_count(2)


def test_ones_own_turn_is_told_by_title_icon_and_words(
    enter: Callable[..., Page], draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    page = enter(teams[1].user)
    assert "Your pick" not in page.title()
    icon = page.locator("link[rel=icon]")

    take(draft, teams[0], drivers[0])

    expect(page.locator("#alert")).to_have_text("You are on the clock: pick 2.")
    expect(page).to_have_title(re.compile("^● Your pick · "))
    expect(icon).to_have_attribute("href", re.compile("favicon-turn"))
    page.get_by_role("button", name=f"Draft {drivers[1].name}", exact=True).click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#notice")).to_contain_text(f"You drafted {drivers[1].name}.")
    expect(page).not_to_have_title(re.compile("Your pick"))
    expect(icon).to_have_attribute("href", re.compile("favicon.svg"))


def test_the_clock_is_the_servers_whatever_the_device_believes(
    enter: Callable[..., Page], draft: Draft, teams: list[Constructor]
) -> None:
    ahead = "const real = Date.now; Date.now = () => real() + 5 * 3600 * 1000;"
    page = enter(teams[0].user, before=lambda page: page.add_init_script(ahead))
    clock = page.locator("[data-countdown-text]")

    left = Draft.objects.get().deadline_at - timezone.now()
    minutes, seconds = map(int, clock.inner_text().split(":"))

    assert abs(minutes * 60 + seconds - left.total_seconds()) < 4
    expect(clock).not_to_have_text(f"{minutes}:{seconds:02}", timeout=2_500)


def test_a_turn_that_runs_out_is_seen_by_everybody(
    enter: Callable[..., Page], draft: Draft, teams: list[Constructor]
) -> None:
    Draft.objects.update(deadline_at=timezone.now() + timedelta(seconds=4))
    pages = [enter(user) for user in (teams[0].user, None)]

    for page in pages:
        expect(page.locator("#board .draft-cell__source")).to_have_text("A")
        expect(page.locator("#strip")).to_contain_text("Pick 2 of 6")


def test_who_chooses_a_driver_may_confirm_after_other_news(
    enter: Callable[..., Page], draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    page = enter(teams[0].user)
    page.get_by_role("button", name=f"Draft {drivers[3].name}", exact=True).click()
    expect(page.get_by_role("button", name="Confirm")).to_be_focused()

    control.pause_draft(draft_id=draft.pk, actor=draft.league.creator, now=timezone.now())
    expect(page.locator("#notice")).to_contain_text("This draft is not open for picks.")
    expect(page.locator("#confirm")).to_have_count(0)

    control.resume_draft(draft_id=draft.pk, actor=draft.league.creator, now=timezone.now())
    expect(page.locator(".clock-strip__call")).to_be_visible(timeout=15_000)
    page.get_by_role("button", name=f"Draft {drivers[3].name}", exact=True).click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#mine")).to_contain_text(drivers[3].name)


def test_a_queue_is_ordered_by_dragging(
    enter: Callable[..., Page], draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    team, ids = teams[1], [driver.pk for driver in drivers[:3]]
    queues.set_queue(draft_id=draft.pk, constructor=team, driver_ids=ids, actor=team.user, now=timezone.now())
    page = enter(team.user)
    items = page.locator("#queue-items > li")

    grip, goal = items.nth(2).locator(".sortable__grip"), items.nth(0)
    grip.scroll_into_view_if_needed()
    box = goal.bounding_box()
    assert box
    grip.hover()
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 4, steps=5)
    page.mouse.up()

    expect(items.nth(0)).to_contain_text(drivers[2].name)
    expect(page.locator("#announce")).to_have_text(re.compile("^Your queue is saved."))
    kept = queues.queue_of(draft=draft, constructor=team, actor=team.user)
    assert kept == [ids[2], ids[0], ids[1]]


def test_a_turn_by_keyboard_alone(
    enter: Callable[..., Page], draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    drivers[9].family_name = "Zonta"
    drivers[9].save()
    page = enter(teams[0].user)
    press = page.keyboard.press

    press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    press("Enter")
    for key in ("j", "j", "j", "k"):
        press(key)
    expect(page.locator(f"#draft-{drivers[1].pk}")).to_be_focused()
    press("q")
    expect(page.locator("#queue-items")).to_contain_text(drivers[1].name)
    expect(page.locator(f"#draft-{drivers[1].pk}")).to_be_focused()
    press("ArrowDown")
    press("Enter")
    expect(page.get_by_role("button", name="Confirm")).to_be_focused()
    press("Escape")
    expect(page.locator(f"#draft-{drivers[2].pk}")).to_be_focused()
    press("/")
    page.keyboard.type("zonta")
    expect(page.locator(".room__driver")).to_have_count(1)
    press("Escape")
    expect(page.locator(f"#draft-{drivers[9].pk}")).to_be_focused()
    press("Enter")
    expect(page.get_by_role("button", name="Confirm")).to_be_focused()
    press("Enter")
    expect(page.locator("#mine")).to_contain_text(drivers[9].name)
    expect(page.locator("#notice")).to_be_focused()


def test_a_lost_connection_is_told_and_made_up_for(
    enter: Callable[..., Page], draft: Draft, teams: list[Constructor], drivers: list[Driver], faults: list[str]
) -> None:
    page = enter(teams[2].user)
    badge = page.locator("#connection")

    page.context.set_offline(True)
    expect(badge).to_have_text("Reconnecting…")
    take(draft, teams[0], drivers[0])
    take(draft, teams[1], drivers[1])
    expect(badge).to_have_text(re.compile(r"^Stale since \d+:\d\d( [AP]M)? – reconnecting$"))
    page.context.set_offline(False)

    expect(badge).to_have_text("Live")
    expect(page.locator("#board .draft-cell__name")).to_have_count(2)
    told = f"{teams[0]} drafted {drivers[0]} with pick 1. {teams[1]} drafted {drivers[1]} with pick 2."
    expect(page.locator("#announce")).to_have_text(f"The connection is back. {told}")
    assert all("ERR_INTERNET_DISCONNECTED" in fault or "htmx" in fault for fault in faults)
    faults.clear()


def test_what_a_manager_is_writing_outlives_the_news(
    enter: Callable[..., Page], draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    page = enter(draft.league.creator, viewport=PHONE)
    page.get_by_text("Manage the draft").click()
    page.get_by_text("Pause the draft").click()
    why = page.locator("#pause-reason")
    why.press_sequentially("Pizza ")

    take(draft, teams[0], drivers[0])
    expect(page.locator("#strip")).to_contain_text("Pick 2 of 6")
    expect(why).to_be_focused()
    why.press_sequentially("is here")
    expect(why).to_have_value("Pizza is here")
    page.get_by_role("button", name="Pause", exact=True).click()

    expect(page.locator("#state")).to_contain_text("Reason: Pizza is here.")
    expect(page.locator(".countdown")).to_contain_text("left")
    page.get_by_role("button", name="Resume the draft").click()
    expect(page.locator("#notice")).to_contain_text("The pause is over.")


def test_who_is_here_and_who_said_something(enter: Callable[..., Page], draft: Draft, teams: list[Constructor]) -> None:
    def tell(route: Route) -> None:
        here = f'event: presence\ndata: {{"here": [{teams[0].user_id}, {teams[1].user_id}]}}'
        body = f"retry: 60000\n\n{here}\n\nevent: chat\ndata: {{}}\n\n"
        route.fulfill(content_type="text/event-stream", body=body)

    page = enter(teams[2].user, viewport=PHONE, before=lambda page: page.route("**/events?*", tell))
    tabs = page.get_by_role("navigation", name="Parts of the room")

    expect(page.locator("#connection")).to_have_text("Live · 2 here")
    expect(page.locator("html")).to_have_attribute("data-unread", "")
    tabs.get_by_role("link", name="Board").click()
    shown = [page.locator(f'[data-user="{team.user_id}"]').is_visible() for team in teams]
    assert shown == [True, True, False]
    tabs.get_by_role("link", name="Chat").click()
    expect(page.locator("html")).not_to_have_attribute("data-unread", "")
    page.get_by_label("Message to the league").fill("Good luck")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#chat-messages")).to_contain_text("Good luck")


def test_a_phone_shows_one_part_at_a_time(enter: Callable[..., Page], teams: list[Constructor]) -> None:
    page = enter(teams[0].user, viewport=PHONE)
    tabs = page.get_by_role("navigation", name="Parts of the room")
    parts = {"Drivers": "#drivers", "Board": "#board-part", "Queue": "#queue", "Log": "#log", "Chat": "#talk"}

    for name in ("Board", "Queue", "Log", "Chat", "Drivers"):
        tabs.get_by_role("link", name=name).click()
        shown = [part for part, where in parts.items() if page.locator(where).is_visible()]
        assert shown == [name]
        expect(page.locator("#strip")).to_be_in_viewport()
        expect(tabs.get_by_role("link", name=name)).to_be_in_viewport(ratio=1)


@pytest.mark.same_anywhere
def test_the_room_is_accessible_in_every_state(
    enter: Callable[..., Page], draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    page = enter(teams[0].user)
    found = faults_of(page)
    for name in ("Board", "Queue", "Log", "Chat"):
        page.set_viewport_size(PHONE)
        page.get_by_role("navigation", name="Parts of the room").get_by_role("link", name=name).click()
        found += faults_of(page)
    take(draft, teams[0], drivers[0])
    control.pause_draft(draft_id=draft.pk, actor=draft.league.creator, now=timezone.now(), reason="Pizza is here")
    page.reload()
    found += faults_of(page)
    page.goto(reverse("drafts:replay", args=[draft.league_id, draft.race_id]))
    found += faults_of(page)

    assert not found, "\n".join(found)


def test_a_replay_plays_by_itself(
    enter: Callable[..., Page], draft: Draft, teams: list[Constructor], drivers: list[Driver]
) -> None:
    take(draft, teams[0], drivers[0])
    take(draft, teams[1], drivers[1])
    page = enter(None)

    page.get_by_role("link", name="Replay", exact=True).click()
    expect(page.locator(".draft-cell__name")).to_have_count(0)
    page.get_by_role("button", name="Play").click()

    expect(page.locator(".draft-cell__name")).to_have_count(2)
    expect(page.locator(".replay__line")).to_have_text(f"{teams[1]} drafted {drivers[1]} with pick 2.")
    expect(page.get_by_role("button", name="Play")).to_be_disabled()
    page.get_by_role("link", name="One back").click()
    expect(page.locator(".draft-cell__name")).to_have_count(1)
