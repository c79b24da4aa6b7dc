import pytest

from fantasy_f1.core.errors import Invalid
from fantasy_f1.core.names import check_name


@pytest.mark.parametrize("name", ["Box Box", "7", "?!", "Élan Öl", "車隊", "می‌خواهم", "🏎️", "👩‍🔧 Crew", "e\u0301"])
def test_a_name_that_can_be_seen_passes(name: str) -> None:
    check_name(name, field="name")


@pytest.mark.parametrize("name", ["\u200b", "a\u200bb", "a\u202eb", "a\nb", "a\tb", "a\x00b", "a\u2028b", "\ufeffa"])
def test_a_name_with_invisible_characters_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="no invisible characters") as refused:
        check_name(name, field="name")

    assert refused.value.field == "name"


@pytest.mark.parametrize("name", ["", " ", "\u200d", "\u3164", "\u2800\u2800", "\u0301", "\u00a0"])
def test_a_name_that_shows_nothing_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="needs a letter"):
        check_name(name, field="name")
