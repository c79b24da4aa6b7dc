"""A forgotten password."""

from django.core.exceptions import ValidationError

from accounts import tasks
from accounts.emails import normalize_email
from accounts.limits import account_key
from fantasy_f1.core.errors import Invalid
from fantasy_f1.core.ratelimit import limit_mail


def ask_for_reset(email: str) -> None:
    """Have a link mailed to the account with this address, if there is one; that is looked up after the answer.

    Raises ``Invalid`` for what no account can have as its address, ``RateLimited`` after too many mails there.
    """
    try:
        address = normalize_email(email)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="email") from error
    limit_mail(account=account_key(address))
    tasks.send_password_reset.delay(address)
