"""The app in a real browser: the main jobs with and without scripts, and what every page owes to its readers."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from demo.league import PASSWORD, PLAYER, Demo, advance
from drafts import mock, queues
from drafts.models import MockDraft
from fantasy_f1.core import clock
from leagues import chat
from leagues.models import League
from races.models import Race
from tests.e2e.browsing import NewPage, faults_of, log_in


def register(page: Page, username: str) -> None:
    """Fill in the form of the sign-up page that is open."""
    page.get_by_label("Username").fill(username)
    page.get_by_label("E-mail").fill(f"{username}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_label(f"Account of {username}")).to_be_visible()


def draft_somebody(page: Page) -> str:
    """Draft the first driver who is free → their name."""
    button = page.get_by_role("button", name=re.compile("^Draft ")).first
    name = (button.get_attribute("aria-label") or "").removeprefix("Draft ")
    button.click()
    expect(page.locator("#confirm")).to_contain_text(f"Draft {name}?")
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#mine")).to_contain_text(name)
    return name


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_player_drafts_and_sees_where_the_points_come_from(demo: Demo, new_page: NewPage, scripts: bool) -> None:
    page = new_page(java_script_enabled=scripts)

    # A newcomer signs up, finds no league yet, and leaves the seat to the demo's player.
    page.goto("/")
    page.get_by_role("banner").get_by_role("link", name="Sign up").click()
    register(page, "newcomer")
    expect(page.get_by_role("heading", name="No league yet")).to_be_visible()
    page.get_by_label("Account of newcomer").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("banner").get_by_role("link", name="Log in")).to_be_visible()
    log_in(page, PLAYER)

    # Two picks, the rivals' answers between them.
    page.get_by_role("link", name="You are on the clock").click()
    expect(page.locator("#strip")).to_contain_text("Pick 1 of 16")
    drafted = [draft_somebody(page)]
    expect(page.locator("#strip")).to_contain_text("Pick 16 of 16")
    drafted.append(draft_somebody(page))
    expect(page.locator("#state")).to_contain_text("All picks are made.")
    expect(page.locator("#board .draft-cell__code")).to_have_count(16)

    # The Grand Prix is run: the board of the race gives a reason for every point.
    page.get_by_role("button", name="Run the Grand Prix").click()
    if scripts:
        page.get_by_role("button", name="Run it").click()
    expect(page.get_by_role("heading", name="Leaderboard")).to_be_visible()
    expect(page.locator("#race-title")).to_have_text(demo.race.name)
    mine = page.locator("tr.is-mine")
    for pick in mine.locator("summary").all():
        pick.click()
    lines = mine.locator("dl.points-lines").all()
    figures = [[Decimal(figure) for figure in line.locator("dd").all_inner_texts() if figure] for line in lines]
    assert [line.locator("dt").first.inner_text().split(",")[0] for line in lines] == drafted
    assert all(sum(reasons) == points for *reasons, points in figures)
    total = mine.locator(".leaderboard__total").inner_text()
    assert Decimal(total) == sum(points for *_, points in figures)


def test_a_league_is_founded_joined_by_its_link_and_drafted(demo: Demo, new_page: NewPage) -> None:
    anna, boris = new_page(), new_page()

    anna.goto(reverse("accounts:register"))
    register(anna, "anna")
    anna.get_by_role("link", name="New league").first.click()
    anna.get_by_label("Name", exact=True).fill("Sunday Drivers")
    anna.get_by_label("Your team’s name").fill("Late Brakers")
    anna.get_by_role("button", name="Create league").click()

    boris.goto(anna.get_by_label("Invitation link").input_value())
    boris.get_by_role("link", name="Sign up and join").click()
    register(boris, "boris")
    boris.get_by_label("Your team’s name").fill("Plan F")
    boris.get_by_role("button", name="Join Sunday Drivers").click()
    expect(boris.locator("#messages")).to_contain_text("Welcome to Sunday Drivers.")

    anna.get_by_role("link", name="Sunday Drivers").click()
    expect(anna.get_by_role("link", name="Plan F").first).to_be_visible()
    anna.get_by_role("link", name=demo.race.name).click()
    anna.get_by_role("button", name="Open the draft").click()
    expect(anna.locator("#strip")).to_contain_text("Pick 1 of 4")
    boris.goto(anna.url)
    expect(boris.locator("#strip")).to_contain_text("Pick 1 of 4")


def test_the_room_keeps_focus_and_says_what_was_done(demo: Demo, new_page: NewPage) -> None:
    page, stale = new_page(), new_page()
    stale.route(re.compile("seen="), lambda route: route.fulfill(status=204))  # it hears of nothing new
    for each in (page, stale):
        log_in(each, PLAYER)
        each.goto(reverse("drafts:room", args=[demo.league.pk, demo.race.pk]))
    button = page.get_by_role("button", name=re.compile("^Draft ")).nth(7)
    name = (button.get_attribute("aria-label") or "").removeprefix("Draft ")

    button.press("Enter")
    expect(page.get_by_role("button", name="Confirm")).to_be_focused()
    page.get_by_role("link", name="Cancel").press("Enter")
    expect(button).to_be_focused()
    button.press("Enter")
    expect(page.get_by_role("button", name="Confirm")).to_be_focused()
    page.get_by_role("button", name="Confirm").press("Enter")
    expect(page.locator("#notice")).to_have_text(f"You drafted {name}.")
    expect(page.locator("#notice")).to_be_focused()
    expect(page.locator("#notice")).to_be_in_viewport(ratio=1)
    expect(page.locator("#announce")).to_have_text(f"You drafted {name}. ")
    expect(page.locator("#alert")).to_have_text("You are on the clock: pick 16.")

    stale.get_by_role("button", name=f"Draft {name}").click()
    expect(stale.locator("#notice p")).to_have_text(re.compile(f"^{name} was drafted by .* with pick 1.$"))
    expect(stale.locator("#notice")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_mock_draft_is_played_to_its_end(demo: Demo, new_page: NewPage, scripts: bool) -> None:
    page = new_page(java_script_enabled=scripts)
    log_in(page, PLAYER)

    page.goto(reverse("races:drivers"))
    page.get_by_role("link", name="Mock draft").click()
    page.get_by_label("Teams").select_option("2")
    page.get_by_label("Your place").select_option("1")
    page.get_by_label("Seconds for a pick").fill("5")
    page.get_by_role("button", name="Start").click()
    button = page.get_by_role("button", name=re.compile("^Draft ")).nth(3)
    name = (button.get_attribute("aria-label") or "").removeprefix("Draft ")
    button.click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#board .is-mine .draft-cell__code")).to_have_count(1)

    # The bot picks twice, and the user's second pick is made by the price.
    strip = page.locator("#strip")
    for _ in range(60):
        if "Complete" in strip.inner_text():
            break
        page.wait_for_timeout(300)
        if not scripts:
            page.get_by_role("link", name="See what happened").click()
    expect(page.locator("#state")).to_contain_text(f"You drafted {name} and")
    expect(page.locator("#notice")).to_contain_text("Your time was over")
    expect(page.locator("#board .draft-cell__code")).to_have_count(4)
    page.get_by_role("button", name="Other settings").click()
    expect(page.get_by_label("Seconds for a pick")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_season_list_is_kept(demo: Demo, new_page: NewPage, scripts: bool) -> None:
    page = new_page(java_script_enabled=scripts)
    log_in(page, PLAYER)
    page.goto(reverse("league", args=[demo.league.pk]))
    page.get_by_role("link", name="My season list").click()
    wanted, never = (page.get_by_role("region", name=name, exact=True) for name in ("Wanted", "Never"))

    for part, place, count in ((wanted, 1, 1), (wanted, 3, 2), (never, 2, 1)):
        part.get_by_role("combobox").select_option(index=place)
        part.get_by_role("button", name="Add").click()
        expect(part.locator(".queue-list__who")).to_have_count(count)
        expect(page.get_by_text("Your season list is saved.")).to_be_visible()
    names = wanted.locator(".queue-list__who")
    first, second = names.all_inner_texts()
    wanted.get_by_role("button", name=f"Move {second} up").click()

    expect(names).to_have_text([second, first])
    never.get_by_role("button", name=re.compile("^Take .* out of the list$")).click()
    expect(never.locator(".queue-list__who")).to_have_count(0)


def test_going_back_shows_whole_pages(demo: Demo, new_page: NewPage) -> None:
    page = new_page()
    league = demo.league.pk

    page.goto(reverse("drafts:room", args=[league, demo.race.pk]))
    page.get_by_label("Search").fill("verst")
    expect(page.locator(".room__driver")).to_have_count(1)
    page.locator(".room__driver a").click()
    page.go_back()
    expect(page.get_by_role("banner")).to_be_visible()
    expect(page.get_by_label("Search")).to_have_value("verst")
    expect(page.locator(".room__driver")).to_have_count(1)

    page.goto(reverse("scoring:leaderboard", args=[league]))
    page.locator("#board .tabs a").nth(1).click()
    expect(page.locator("#race-title")).to_be_visible()
    page.locator("#board .leaderboard__team a").first.click()
    expect(page.locator("#races-title")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("banner")).to_be_visible()
    expect(page.locator("#race-title")).to_be_visible()


def test_the_keyboard_goes_on_in_the_part_that_it_replaced(demo: Demo, new_page: NewPage) -> None:
    page = new_page()
    log_in(page, PLAYER)

    page.goto(reverse("notifications:list"))
    read = page.get_by_role("button", name=re.compile("^Mark as read")).first
    title = read.inner_text().partition(": ")[2]
    read.press("Enter")
    expect(page.get_by_role("link", name=title)).to_be_focused()
    page.get_by_role("button", name="Mark all as read").press("Enter")
    expect(page.locator("#notifications")).to_be_focused()

    page.goto(reverse("races:calendar"))
    page.get_by_role("link", name="2025").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Calendar 2025")
    expect(page.get_by_role("link", name="2025")).to_be_focused()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Calendar 2026")


def test_a_result_stays_hidden_until_it_is_asked_for(demo: Demo, new_page: NewPage) -> None:
    page = new_page()
    log_in(page, PLAYER)
    page.goto(reverse("accounts:profile"))
    page.get_by_role("button", name="Hide results from now on").click()
    expect(page.get_by_text("Nothing is hidden at the moment.")).to_be_visible()
    advance()

    page.goto(reverse("races:race", args=[demo.race.pk]))
    expect(page.get_by_role("region", name="Hidden results")).to_contain_text("are hidden.")
    expect(page.get_by_role("table")).to_have_count(0)
    found = faults_of(page)
    page.get_by_role("button", name="Show the result").click()

    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_role("region", name="Hidden results")).to_have_count(0)
    expect(page.locator("#messages")).to_contain_text("Results up to that session are shown now.")
    expect(page.locator("#main")).to_be_focused()
    assert not found, "\n".join(found)


@pytest.mark.same_anywhere
def test_every_page_for_visitors_is_accessible_and_fits(demo: Demo, new_page: NewPage, faults: list[str]) -> None:
    page = new_page()
    league, race = demo.league.pk, demo.race.pk
    run = Race.objects.filter(season=demo.race.season, status="finished").latest("starts_at").pk
    later = Race.objects.filter(season=demo.race.season, starts_at__gt=demo.race.starts_at).latest("starts_at").pk
    team = demo.league.constructors.first()
    driver = demo.race.entries.first().driver_id

    found = []
    for address in (
        reverse("home"),
        reverse("accounts:login"),
        reverse("accounts:register"),
        reverse("accounts:password_reset"),
        reverse("accounts:password_reset_done"),
        reverse("accounts:password_reset_complete"),
        reverse("races:calendar"),
        reverse("races:race", args=[race]),
        reverse("races:race", args=[run]),
        reverse("races:drivers"),
        reverse("races:driver", args=[driver]),
        reverse("leagues:list"),
        reverse("leagues:invite", args=[demo.league.code]),
        reverse("league", args=[league]),
        reverse("drafts:list", args=[league]),
        reverse("drafts:room", args=[league, race]),
        reverse("drafts:room", args=[league, run]),
        reverse("drafts:proof", args=[league, race]),
        reverse("drafts:proof", args=[league, later]),
        reverse("scoring:leaderboard", args=[league]),
        reverse("scoring:leaderboard", args=[league]) + f"?race={run}",
        reverse("scoring:constructor", args=[team.pk]),
        reverse("scoring:rules"),
    ):
        assert page.goto(address).status == 200, address
        found += faults_of(page)
    assert page.goto("/nowhere/").status == 404
    found += faults_of(page)

    assert not found, "\n".join(found)
    assert "404" in faults.pop()


@pytest.mark.same_anywhere
def test_every_page_for_players_is_accessible_and_fits(demo: Demo, new_page: NewPage) -> None:
    page = new_page()
    log_in(page, PLAYER)
    league, race = demo.league.pk, demo.race.pk
    player = User.objects.get(username=PLAYER)
    chat.say(league_id=league, actor=player, text="Box, box", now=clock.now())
    room = reverse("drafts:room", args=[league, race])
    team = demo.league.constructors.get(user=player)
    driver, *others = demo.race.entries.values_list("driver", flat=True)[:5]
    lists = {"driver_ids": others[:2], "never_ids": others[2:]}
    queues.set_season_list(constructor=team, **lists, actor=player, now=clock.now())

    found = []
    for address in (
        reverse("home"),
        reverse("accounts:profile"),
        reverse("accounts:password_change"),
        reverse("accounts:access"),
        reverse("drafts:calendars"),
        reverse("accounts:email"),
        reverse("accounts:second_factor"),
        reverse("accounts:close"),
        reverse("notifications:list"),
        reverse("leagues:list"),
        reverse("leagues:create"),
        reverse("leagues:join"),
        reverse("league", args=[league]),
        reverse("leagues:settings", args=[league]),
        reverse("leagues:chat", args=[league]),
        room,
        f"{room}?driver={driver}",
        reverse("drafts:proof", args=[league, race]),
        reverse("drafts:season_list", args=[league]),
        reverse("drafts:mock"),
        reverse("drafts:list", args=[league]),
        reverse("scoring:leaderboard", args=[league]),
        reverse("scoring:constructor", args=[team.pk]),
    ):
        assert page.goto(address).status == 200, address
        found += faults_of(page)
    mock.start(user=player, teams=11, seat=1, pick_seconds=30, now=clock.now())
    for query in ("", f"?driver={driver}"):
        assert page.goto(reverse("drafts:mock") + query).status == 200
        found += faults_of(page)
    MockDraft.objects.update(turn_began_at=clock.now() - timedelta(hours=1))
    page.goto(reverse("drafts:mock"))
    found += faults_of(page)

    assert not found, "\n".join(found)


LONG_WORD = "Oberammergauergeschwindigkeitsfreundeteam"[:40]
LONG_WORDS = "The Very Fast And Furious Gravel Trap XI"
MISFITS = """() => {
  const excess = (element) => element.scrollWidth - element.clientWidth;
  const word = document.querySelector(".logo__word"), bar = document.querySelector(".logo").getBoundingClientRect();
  const { top, right } = word.getBoundingClientRect();
  const wide = [...document.querySelectorAll(".leaderboard, .driver-table, .result-table")].map(
    (table) => table.parentElement).filter((frame) => excess(frame) > 1);
  return [
    ...(excess(document.documentElement) > 0 ? ["the page"] : []),
    ...(top < bar.bottom && right > bar.right + 1 ? ["the logo"] : []),
    ...wide.map((frame) => frame.ariaLabel),
  ];
}"""


@pytest.mark.same_anywhere
def test_long_names_fit_on_every_screen(demo: Demo, new_page: NewPage) -> None:
    page = new_page()
    league, race = demo.league.pk, demo.race.pk
    run = Race.objects.filter(season=demo.race.season, status="finished").latest("starts_at").pk
    mine = demo.league.constructors.get(user__username=PLAYER)
    User.objects.filter(pk=mine.user_id).update(full_name=LONG_WORD + "undfreundinn")
    other = demo.league.constructors.exclude(pk=mine.pk).first()
    for team, name in ((mine, LONG_WORD), (other, LONG_WORDS)):
        demo.league.constructors.filter(pk=team.pk).update(team_name=name)
    League.objects.filter(pk=league).update(name=f"{LONG_WORD} {LONG_WORD}"[:60])
    log_in(page, PLAYER)
    room = reverse("drafts:room", args=[league, race])

    found = []
    for address in (
        reverse("home"),
        reverse("accounts:profile"),
        reverse("accounts:access"),
        reverse("accounts:email"),
        reverse("accounts:second_factor"),
        reverse("accounts:close"),
        reverse("notifications:list"),
        reverse("leagues:list"),
        reverse("league", args=[league]),
        reverse("leagues:settings", args=[league]),
        room,
        f"{room}?driver={demo.race.entries.first().driver_id}",
        reverse("drafts:room", args=[league, run]),
        reverse("drafts:list", args=[league]),
        reverse("drafts:proof", args=[league, race]),
        reverse("scoring:leaderboard", args=[league]),
        reverse("scoring:leaderboard", args=[league]) + f"?race={run}",
        reverse("scoring:constructor", args=[mine.pk]),
        reverse("races:drivers"),
        reverse("races:race", args=[run]),
    ):
        assert page.goto(address).status == 200, address
        for width in (360, 390, 768, 1024, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            found += [f"{address} at {width} px: {what}" for what in page.evaluate(MISFITS)]

    assert not found, "\n".join(found)


@pytest.mark.same_anywhere
def test_the_api_describes_itself_without_help_from_outside(demo: Demo, new_page: NewPage) -> None:
    """… and an operation can be tried out there."""
    page = new_page()

    page.goto(reverse("api-docs"))
    expect(page.get_by_role("heading", name=re.compile("^Fantasy F1"))).to_be_visible()
    operation = page.locator("#operations-races-races_read")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_placeholder("id").fill(str(demo.race.pk))
    operation.get_by_role("button", name="Execute").click()

    answer = operation.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").last).to_have_text("200")
    expect(answer).to_contain_text(demo.race.circuit_name)
