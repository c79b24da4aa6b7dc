"""Names that people give to themselves, their teams and leagues."""

from unicodedata import category

from fantasy_f1.core.errors import Invalid

JOINERS = {"\u200c", "\u200d"}
"""Invisible, but some scripts and emoji need them."""
BLANKS = {"\u115f", "\u1160", "\u2800", "\u3164", "\uffa0"}
"""Letters and signs by their kind that show nothing."""


HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Kinds of characters that break lines, turn the direction of what follows, or show nothing."""


def check_name(name: str, *, field: str) -> None:
    """Raise ``Invalid`` for a name that shows nothing, or that breaks lines or turns the direction of what follows."""
    if any(category(each) in HIDDEN for each in name if each not in JOINERS):
        raise Invalid("A name has no line breaks and no invisible characters.", field=field)
    if not _shows(name):
        raise Invalid("A name needs a letter, a digit or a sign.", field=field)


def one_line(text: str) -> str:
    """What people wrote, on one line and without what is invisible; empty where nothing is to be seen."""
    visible = "".join(each for each in text if each.isspace() or each in JOINERS or category(each) not in HIDDEN)
    line = " ".join(visible.split())
    return line if _shows(line) else ""


def _shows(text: str) -> bool:
    return any(category(each)[0] not in "ZM" and each not in JOINERS | BLANKS for each in text)
