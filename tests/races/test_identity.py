from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from races.identity import Known, event_key, match_calendar, match_event, match_keys
from races.rows import EventRow

START = datetime(2026, 10, 4, 7, tzinfo=UTC)
BAHRAIN = EventRow("2026_bahrain_grand_prix", "Bahrain Grand Prix", "bahrain", "Sakhir", START)


def known(pk: int = 1, *keys: str, circuit: str = "bahrain", start: datetime = START) -> Known:
    return Known(pk, frozenset(keys), circuit, start)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://en.wikipedia.org/wiki/2026_Bahrain_Grand_Prix", "2026_bahrain_grand_prix"),
        ("https://en.wikipedia.org/wiki/2024_S%C3%A3o_Paulo_Grand_Prix", "2024_sao_paulo_grand_prix"),
        ("https://en.wikipedia.org/wiki/2026_Barcelona-Catalunya/", "2026_barcelona-catalunya"),
        ("", "2026_mexico_city_grand_prix"),
    ],
)
def test_event_key_is_the_last_part_of_the_article_else_season_and_name(url: str, key: str) -> None:
    assert event_key(season=2026, name="México City Grand Prix", url=url) == key


def test_same_key_is_the_same_race_wherever_and_whenever() -> None:
    moved = replace(BAHRAIN, name="Bahrain Grand Prix in Malaysia", circuit_id="sepang")
    race = known(1, BAHRAIN.key, start=START - timedelta(days=175))

    assert match_event(moved, [known(2, "other", circuit="sepang"), race]) == race


def test_same_circuit_within_two_weeks_is_the_race_renamed() -> None:
    near, far = START + timedelta(days=14), START + timedelta(days=15)

    assert match_event(BAHRAIN, [race := known(1, "x", start=near)]) == race
    assert match_event(BAHRAIN, [known(1, "x", start=far)]) is None


def test_two_candidates_are_no_match() -> None:
    races = [known(1, "x"), known(2, "y", start=START + timedelta(days=7))]

    assert match_event(BAHRAIN, races) is None


def test_calendar_gives_no_race_to_two_events() -> None:
    again = replace(BAHRAIN, key="2026_sakhir_grand_prix", starts_at=START + timedelta(days=7))
    race = known(1, BAHRAIN.key)

    assert match_calendar([BAHRAIN, again], [race]) == {BAHRAIN.key: race, again.key: None}


def test_calendar_lets_a_races_own_key_win_over_a_decided_one() -> None:
    other = replace(BAHRAIN, key="decided", starts_at=START + timedelta(days=7))
    race = Known(1, frozenset({BAHRAIN.key}), "bahrain", START, frozenset({"decided", "too"}))
    free = known(2, "x")

    assert match_calendar([other, BAHRAIN], [race, free]) == {"decided": None, BAHRAIN.key: race}
    assert match_calendar([other], [race, free]) == {"decided": race}
    assert match_calendar([other, replace(other, key="too")], [race, free]) == {"decided": race, "too": None}


def test_keys_alone_take_no_race_by_its_circuit() -> None:
    race = known(1, "x")

    assert match_keys([BAHRAIN.key, "x", "x"], [race]) == {"x": race}


def test_calendar_does_not_guess_between_two_new_names() -> None:
    first, second = replace(BAHRAIN, key="a"), replace(BAHRAIN, key="b", starts_at=START + timedelta(days=7))

    assert match_calendar([first, second], [known(1, "x")]) == {"a": None, "b": None}
    assert match_calendar([first], [race := known(1, "x")]) == {"a": race}
