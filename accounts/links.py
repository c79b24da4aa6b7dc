"""Links in mails: signed, good for a while, and each for one purpose."""

from datetime import timedelta
from typing import Any

from django.core import signing

from fantasy_f1.core.errors import Invalid

VERIFY_EMAIL, CHANGE_EMAIL = "verify-email", "change-email"
GOOD_FOR = timedelta(days=3)


class LinkNotValid(Invalid):
    code = "link_not_valid"


def sign(purpose: str, content: dict[str, Any]) -> str:
    return signing.dumps(content, salt=f"accounts.{purpose}")


def read(purpose: str, token: str) -> dict[str, Any]:
    """What was signed for this very purpose. Raises ``LinkNotValid``."""
    try:
        content: dict[str, Any] = signing.loads(token, salt=f"accounts.{purpose}", max_age=GOOD_FOR)
    except signing.BadSignature as error:
        raise used_up() from error
    return content


def used_up() -> LinkNotValid:
    return LinkNotValid("This link is not valid (any more).")
