"""Calendar feeds: whose, with what, and what of it is news."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts import closing, export
from accounts.models import User
from drafts import calendars, control, lifecycle, tasks
from drafts.models import CalendarEntry, CalendarFeed, Draft
from drafts.picks import make_pick
from fantasy_f1.core import clock
from leagues.membership import leave_league
from leagues.models import Constructor, League
from races.calendar import cancel_race
from races.models import Driver, Race
from tests.contention import at_once
from tests.drafts import ics
from tests.factories import PASSWORD, ConstructorFactory, LeagueFactory, RaceFactory, SeasonFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def player(league: League) -> User:
    return league.constructors.earliest("pk").user


@pytest.fixture(autouse=True)
def _game_time(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


def feed_of(user: User, league: League | None = None, *, now: datetime) -> CalendarFeed:
    return calendars.make_feed(user=user, league=league, now=now)[0]


def path(feed: CalendarFeed) -> str:
    return calendars.address(feed).removeprefix("http://localhost:8000")


def told(feed: CalendarFeed, now: datetime) -> dict[str, tuple[str, str, int]]:
    """UID → summary, status and sequence."""
    return {each.uid: (each.summary, each.status, each.sequence) for each in calendars.entries(feed, now=now)}


def read(client: Client, feed: CalendarFeed) -> list[dict[str, str]]:
    answer = client.get(path(feed))
    assert answer.status_code == 200
    return ics.read(answer.content)[1]


# What is in it ----------------------------------------------------------------------------------


def test_a_feed_has_the_sessions_of_the_season_and_a_leagues_drafts(
    draft: Draft, league: League, race: Race, player: User, now: datetime
) -> None:
    RaceFactory(season=SeasonFactory(year=2025), starts_at=now - timedelta(days=300))
    Race.objects.filter(pk=race.pk).update(
        first_practice_at=race.starts_at - timedelta(days=2),
        circuit_name="Hungaroring",
        locality="Budapest",
        country="Hungary",
    )
    feed = feed_of(player, league, now=now)

    entries = {each.uid: each for each in calendars.entries(feed, now=now)}

    assert set(entries) >= {
        *(f"race-{race.pk}-{session}" for session in ("first-practice", "qualifying", "starts")),
        *(f"draft-{league.pk}-{race.pk}-{what}" for what in ("opens", "locks")),
    }
    assert not [uid for uid in entries if uid.startswith("race-") and not uid.startswith(f"race-{race.pk}-")]
    grand_prix, practice = entries[f"race-{race.pk}-starts"], entries[f"race-{race.pk}-first-practice"]
    assert (grand_prix.summary, grand_prix.location) == (race.name, "Hungaroring, Budapest, Hungary")
    assert (grand_prix.starts_at, grand_prix.ends_at) == (race.starts_at, race.starts_at + timedelta(hours=2))
    assert (practice.summary, practice.path) == (f"{race.name}: Practice 1", f"/races/{race.pk}/")
    locks = entries[f"draft-{league.pk}-{race.pk}-locks"]
    assert (locks.summary, locks.starts_at) == (f"Draft locks: {race.name} ({league.name})", draft.locks_at)
    assert locks.path == reverse("drafts:room", args=[league.pk, race.pk])


def test_a_turn_is_there_while_it_is_on_and_for_its_player_alone(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    control.set_clock(draft_id=draft.pk, pick_seconds=8 * 3600, actor=manager, now=now)
    draft.refresh_from_db()
    first, second = (feed_of(team.user, None, now=now) for team in teams[:2])
    turn = f"draft-{draft.league_id}-{draft.race_id}-turn-1"

    entry = next(each for each in calendars.entries(first, now=now) if each.uid == turn)

    assert (entry.starts_at, entry.ends_at) == (draft.deadline_at - timedelta(hours=1), draft.deadline_at)
    assert "Pick by the end of this" in entry.summary
    assert turn not in told(second, now)
    assert turn not in told(first, draft.deadline_at)  # over, though nobody has settled it yet
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    assert turn not in told(first, now)
    assert f"draft-{draft.league_id}-{draft.race_id}-turn-2" in told(second, now)
    control.pause_draft(draft_id=draft.pk, actor=manager, now=now)
    assert not [uid for uid in told(second, now) if "turn" in uid]


def test_a_turn_without_a_clock_lasts_until_the_lock(draft: Draft, teams: list[Constructor], now: datetime) -> None:
    feed = feed_of(teams[0].user, None, now=now)

    (turn,) = [each for each in calendars.entries(feed, now=now) if "-turn-" in each.uid]

    assert (turn.starts_at, turn.ends_at) == (draft.locks_at - timedelta(hours=1), draft.locks_at)


def test_a_draft_that_is_not_there_yet_is_planned_by_the_leagues_rule(
    league: League, race: Race, player: User, now: datetime
) -> None:
    later = RaceFactory(season=race.season, starts_at=now + timedelta(days=18))
    gone = RaceFactory(season=race.season, starts_at=now + timedelta(days=25), status=Race.Status.CANCELLED)
    feed = feed_of(player, league, now=now)

    planned = calendars.entries(feed, now=now)

    drafts = {each.uid: each for each in planned if each.uid.startswith("draft-")}
    assert set(drafts) == {f"draft-{league.pk}-{later.pk}-{what}" for what in ("opens", "locks")}
    opens = drafts[f"draft-{league.pk}-{later.pk}-opens"]
    assert (opens.status, opens.starts_at) == ("TENTATIVE", later.starts_at - timedelta(days=5))
    assert {each.status for each in planned if each.uid.startswith(f"race-{gone.pk}-")} == {"CANCELLED"}
    lifecycle.schedule_draft(league_id=league.pk, race_id=later.pk, now=now)
    assert told(feed, now)[opens.uid][1:] == ("CONFIRMED", 1)


def test_the_feed_of_all_leagues_has_those_one_plays_in(
    league: League, race: Race, player: User, now: datetime
) -> None:
    later = RaceFactory(season=race.season, starts_at=now + timedelta(days=18))
    second = ConstructorFactory(league=LeagueFactory(season=race.season), user=player).league
    for year in (2024, 2027):
        ConstructorFactory(league=LeagueFactory(season=SeasonFactory(year=year)), user=player)
    LeagueFactory(season=race.season)
    old = RaceFactory(season=SeasonFactory(year=2024), starts_at=now - timedelta(days=700))

    uids = set(told(feed_of(player, now=now), now))

    assert {f"draft-{pk}-{later.pk}-opens" for pk in (league.pk, second.pk)} <= uids
    assert len([uid for uid in uids if uid.endswith(f"-{later.pk}-opens")]) == 2
    assert f"race-{old.pk}-starts" not in uids


def test_who_plays_nowhere_sees_the_season_and_before_there_is_one_nothing(now: datetime) -> None:
    feed = feed_of(UserFactory(), now=now)
    assert told(feed, now) == {}

    race = RaceFactory(starts_at=now + timedelta(days=4))

    assert set(told(feed, now)) == {f"race-{race.pk}-starts", f"race-{race.pk}-qualifying"}


def test_a_feed_costs_the_same_for_one_league_and_for_three(
    league: League, player: User, now: datetime, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    feed = feed_of(player, now=now)
    told(feed, now)
    with django_assert_max_num_queries(8) as one:
        told(feed, now)
    for _ in range(2):
        ConstructorFactory(league=LeagueFactory(season=league.season), user=player)
    told(feed, now)

    with django_assert_num_queries(len(one)):
        told(feed, now)


# What is new ------------------------------------------------------------------------------------


def test_the_sequence_goes_up_when_something_changes_and_never_else(
    draft: Draft, race: Race, player: User, now: datetime
) -> None:
    feed = feed_of(player, now=now)
    start, qualifying = f"race-{race.pk}-starts", f"race-{race.pk}-qualifying"
    before = told(feed, now)
    assert {sequence for _, _, sequence in before.values()} == {0}
    assert told(feed, now + timedelta(hours=1)) == before
    changed_at = CalendarEntry.objects.get(uid=start).changed_at

    Race.objects.filter(pk=race.pk).update(qualifying_at=race.qualifying_at + timedelta(minutes=30), round_number=9)
    later = now + timedelta(hours=2)
    moved = told(feed, later)

    assert moved[qualifying][2] == 1
    assert moved[start][2] == 0
    assert CalendarEntry.objects.get(uid=qualifying).changed_at == later
    assert CalendarEntry.objects.get(uid=start).changed_at == changed_at
    Race.objects.filter(pk=race.pk).update(status=Race.Status.FINISHED, results_status=Race.Results.OFFICIAL)
    assert told(feed, later) == moved  # that it was run is no news for a calendar
    Race.objects.filter(pk=race.pk).update(status=Race.Status.POSTPONED)
    assert told(feed, later)[start] == (race.name, "TENTATIVE", 1)


def test_a_cancelled_race_and_its_draft_stay_as_cancelled(
    draft: Draft, race: Race, player: User, manager: User, now: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    feed = feed_of(player, now=now)
    told(feed, now)
    with django_capture_on_commit_callbacks(execute=True):
        cancel_race(race.pk, actor=None, now=now)

    after = told(feed, now)

    mine = {uid: entry for uid, entry in after.items() if "turn" not in uid}
    assert {entry[1:] for entry in mine.values()} == {("CANCELLED", 1)}
    assert len(mine) == 4


@pytest.mark.django_db(transaction=True)
def test_many_who_read_at_once_count_a_change_once(race: Race, league: League, now: datetime) -> None:
    feeds = [feed_of(team.user, now=now) for team in league.constructors.all()]

    first = at_once([lambda feed=feed: told(feed, now) for feed in feeds])  # type: ignore[misc]
    Race.objects.filter(pk=race.pk).update(starts_at=race.starts_at + timedelta(hours=1))
    second = at_once([lambda feed=feed: told(feed, now) for feed in feeds])  # type: ignore[misc]

    uid = f"race-{race.pk}-starts"
    assert [answer[uid][2] for answer in first] == [0, 0, 0]  # type: ignore[index]
    assert [answer[uid][2] for answer in second] == [1, 1, 1]  # type: ignore[index]


def test_what_was_told_of_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    for days, uid in ((401, "old"), (399, "new")):
        CalendarEntry.objects.create(uid=uid, digest="x", changed_at=now - timedelta(days=days))

    tasks.forget_old_calendar_entries()

    assert CalendarEntry.objects.get().uid == "new"


# The file ---------------------------------------------------------------------------------------


def test_the_file_is_valid_and_needs_no_session(client: Client, draft: Draft, player: User, now: datetime) -> None:
    feed = feed_of(player, draft.league, now=now)

    answer = client.get(path(feed))
    head = client.head(path(feed))

    calendar, events = ics.read(answer.content)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert calendar["X-WR-CALNAME"] == f"{draft.league.name} · Fantasy F1"
    assert f"draft-{draft.league_id}-{draft.race_id}-locks@localhost:8000" in {event["UID"] for event in events}
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", answer["ETag"])
    assert "Set-Cookie" not in answer
    assert calendar_name(client, feed_of(player, now=now)) == "Fantasy F1"


def calendar_name(client: Client, feed: CalendarFeed) -> str:
    return ics.read(client.get(path(feed)).content)[0]["X-WR-CALNAME"]


def test_an_unchanged_file_is_not_sent_again(client: Client, race: Race, now: datetime) -> None:
    feed = feed_of(UserFactory(), now=now)
    tag = client.get(path(feed))["ETag"]

    again = client.get(path(feed), headers={"if-none-match": tag})
    Race.objects.filter(pk=race.pk).update(starts_at=race.starts_at + timedelta(hours=1))
    changed = client.get(path(feed), headers={"if-none-match": tag})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert changed.status_code == 200


def test_the_file_has_no_result_in_it(client: Client, race: Race, now: datetime) -> None:
    feed = feed_of(UserFactory(), now=now)
    before = client.get(path(feed)).content

    Race.objects.filter(pk=race.pk).update(status=Race.Status.FINISHED, results_status=Race.Results.PROVISIONAL)

    assert client.get(path(feed)).content == before


def test_only_the_whole_address_opens_a_file(client: Client, race: Race, now: datetime) -> None:
    feed = feed_of(UserFactory(), now=now)
    whole = path(feed)
    nonce, dot, signature = whole.removeprefix("/calendar/").removesuffix(".ics").partition(".")

    for token in (
        nonce,
        f"{nonce}{dot}",
        f"{nonce}.{signature[:-1]}x",
        f"x.{signature}",
        calendars.SIGNER.sign("none"),
    ):
        assert client.get(f"/calendar/{token}.ics").status_code == 404
    assert client.post(whole).status_code == 405


def test_files_are_limited_like_other_reads(client: Client, race: Race, limits: Settings, now: datetime) -> None:
    limits.RATE_LIMIT_READS = type(limits.RATE_LIMIT_READS)(2, 60)
    feed = feed_of(UserFactory(), now=now)

    answers = [client.get(path(feed)) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Retry-After" in answers[2]


# Whose ------------------------------------------------------------------------------------------


def test_one_calendar_each_keeps_its_address_until_it_is_renewed(
    client: Client, league: League, player: User, now: datetime
) -> None:
    feed, is_new = calendars.make_feed(user=player, league=league, now=now)
    again = calendars.make_feed(user=player, league=league, now=now)
    old = path(feed)

    renewed = calendars.renew_feed(feed, now=now)

    assert (is_new, again) == (True, (feed, False))
    assert path(renewed) != old
    assert (client.get(old).status_code, client.get(path(renewed)).status_code) == (404, 200)
    assert len(feed.nonce) == 22  # 128 bits


@pytest.mark.django_db(transaction=True)
def test_a_calendar_that_is_made_twice_at_once_is_one(league: League, player: User, now: datetime) -> None:
    made = at_once([lambda: calendars.make_feed(user=player, league=None, now=now)] * 4)

    assert sorted(is_new for _, is_new in made) == [False, False, False, True]  # type: ignore[misc]


def test_a_leagues_calendar_ends_for_who_leaves_it(client: Client, league: League, player: User, now: datetime) -> None:
    of_league, of_all = feed_of(player, league, now=now), feed_of(player, now=now)

    leave_league(league_id=league.pk, user=player, now=now)

    assert client.get(path(of_league)).status_code == 404
    assert not [event for event in read(client, of_all) if event["UID"].startswith("draft-")]
    assert list(calendars.feeds_of(player)) == [of_all]
    with pytest.raises(calendars.NotPlaying):
        calendars.make_feed(user=player, league=league, now=now)


def test_calendars_rest_with_an_account_and_end_with_it(client: Client, race: Race, now: datetime) -> None:
    user = UserFactory()
    feed = feed_of(user, now=now)
    assert export.export(user)["calendars"] == [{"league_id": None, "created_at": now}]

    closing.deactivate(user=user, password=PASSWORD, otp="", now=now, at=now)
    assert client.get(path(feed)).status_code == 404
    closing.reactivate(user=user)
    user.refresh_from_db()
    assert client.get(path(feed)).status_code == 200
    closing.delete(user=user, password=PASSWORD, otp="", now=now, at=now)

    assert not CalendarFeed.objects.exists()


def test_rows_have_names(league: League, player: User) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)

    assert str(feed_of(player, league, now=at)) == f"Calendar of {player}: {league}"
    assert str(feed_of(player, now=at)).endswith("all leagues")
    assert str(CalendarEntry(uid="race-1-starts", sequence=2)) == "race-1-starts #2"


# The page ---------------------------------------------------------------------------------------


@pytest.fixture
def signed_in(client: Client, player: User) -> Client:
    client.force_login(player)
    return client


def test_the_page_makes_shows_renews_and_ends_calendars(
    signed_in: Client, league: League, player: User, now: datetime
) -> None:
    page = reverse("drafts:calendars")
    assert signed_in.get(page).content.decode().count("Make a calendar") == 2

    signed_in.post(reverse("drafts:make_calendar"), {"league": league.pk})
    signed_in.post(reverse("drafts:make_calendar"))
    feed, of_all = CalendarFeed.objects.get(league=league), CalendarFeed.objects.get(league=None)
    shown = signed_in.get(page)
    assert calendars.address(feed) in shown.content.decode()
    assert f'href="webcal://localhost:8000{path(of_all)}"' in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]

    renewed = signed_in.post(reverse("drafts:renew_calendar", args=[feed.pk]), follow=True)
    assert "has a new address" in renewed.content.decode()
    assert calendars.address(feed) not in renewed.content.decode()
    signed_in.post(reverse("drafts:revoke_calendar", args=[of_all.pk]))
    assert list(CalendarFeed.objects.all()) == [feed]


def test_pages_lead_to_the_calendar(signed_in: Client, league: League) -> None:
    page = reverse("drafts:calendars")

    assert f"{page}#calendar-{league.pk}" in signed_in.get(reverse("league", args=[league.pk])).content.decode()
    for name in ("home", "accounts:profile"):
        assert page in signed_in.get(reverse(name)).content.decode()


def test_a_calendar_of_somebody_elses_is_not_there(signed_in: Client, league: League, now: datetime) -> None:
    other = feed_of(UserFactory(), now=now)
    private = LeagueFactory(is_private=True)
    public = LeagueFactory()

    assert signed_in.post(reverse("drafts:renew_calendar", args=[other.pk])).status_code == 404
    assert signed_in.post(reverse("drafts:revoke_calendar", args=[other.pk])).status_code == 404
    assert signed_in.post(reverse("drafts:make_calendar"), {"league": private.pk}).status_code == 404
    assert signed_in.post(reverse("drafts:make_calendar"), {"league": "x"}).status_code == 404
    assert signed_in.post(reverse("drafts:make_calendar"), {"league": public.pk}).status_code == 403
    assert CalendarFeed.objects.count() == 1


# The API ----------------------------------------------------------------------------------------


def test_programs_make_list_renew_and_end_calendars(signed_in: Client, league: League, now: datetime) -> None:
    feeds = "/api/v1/calendar-feeds"

    made = signed_in.post(feeds, {"league": league.pk}, "application/json")
    again = signed_in.post(feeds, {"league": league.pk}, "application/json")
    of_all = signed_in.post(feeds, {}, "application/json").json()
    listed = signed_in.get(feeds).json()
    renewed = signed_in.post(f"{feeds}/{of_all['id']}/renew").json()

    feed = CalendarFeed.objects.get(league=league)
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json()
    assert made["Location"] == f"{feeds}/{feed.pk}"
    assert made.json()["address"] == calendars.address(feed)
    assert listed["results"] == [made.json(), of_all]
    assert renewed["address"] != of_all["address"]
    assert signed_in.delete(f"{feeds}/{of_all['id']}").status_code == 204
    assert signed_in.get(feeds).json()["count"] == 1


def test_programs_make_none_of_leagues_that_they_do_not_see(signed_in: Client, now: datetime) -> None:
    hidden = LeagueFactory(is_private=True)

    answer = signed_in.post("/api/v1/calendar-feeds", {"league": hidden.pk}, "application/json")
    nonsense = signed_in.post("/api/v1/calendar-feeds", {"league": 10**30}, "application/json")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert nonsense.status_code == 400
