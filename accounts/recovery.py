"""A forgotten password."""

from django.core.exceptions import ValidationError

from accounts import tasks
from accounts.emails import normalize_email
from fantasy_f1.core.errors import Invalid


def ask_for_reset(email: str) -> None:
    """Have a link mailed to the account with this address, if there is one; that is looked up after the answer.

    Raises ``Invalid`` for what no account can have as its address.
    """
    try:
        address = normalize_email(email)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="email") from error
    tasks.send_password_reset.delay(address)
