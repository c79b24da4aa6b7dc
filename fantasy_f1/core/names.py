"""Names that people give to themselves, their teams and leagues."""

import unicodedata

from fantasy_f1.core.errors import Invalid

JOINERS = {"\u200c", "\u200d"}
"""Invisible, but some scripts and emoji need them."""
BLANKS = {"\u115f", "\u1160", "\u2800", "\u3164", "\uffa0"}
"""Letters and signs by their kind that show nothing."""


def check_name(name: str, *, field: str) -> None:
    """Raise ``Invalid`` for a name that shows nothing, or that breaks lines or turns the direction of what follows."""
    kinds = {each: unicodedata.category(each) for each in name}
    if any(kind in {"Cc", "Cf", "Cs", "Zl", "Zp"} for each, kind in kinds.items() if each not in JOINERS):
        raise Invalid("A name has no line breaks and no invisible characters.", field=field)
    if all(kind[0] in "ZM" or each in JOINERS | BLANKS for each, kind in kinds.items()):
        raise Invalid("A name needs a letter, a digit or a sign.", field=field)
