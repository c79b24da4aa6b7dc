import pytest

from fantasy_f1.core.errors import Invalid
from fantasy_f1.core.names import check_name, one_line


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


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  Box,\r\n\tbox ", "Box, box"),
        ("a\u200bb\u202ec\x00\u2028d", "abc d"),
        ("👩\u200d🔧 می\u200cخواهم", "👩\u200d🔧 می\u200cخواهم"),
        ("\u200b \u3164\u200d", ""),
        ("", ""),
    ],
)
def test_a_text_is_put_on_one_line(text: str, line: str) -> None:
    assert one_line(text) == line
