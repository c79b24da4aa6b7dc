"""Points are exact decimals; people and programs read them without trailing zeros."""

from decimal import Decimal


def plain(value: Decimal) -> str:
    """``Decimal("25.00")`` → ``"25"``, ``Decimal("12.50")`` → ``"12.5"``."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
