"""A forgotten password."""

from http import HTTPStatus

import structlog
from django.core.exceptions import ValidationError
from kombu.exceptions import OperationalError

from accounts import tasks
from accounts.emails import normalize_email
from accounts.limits import account_key
from fantasy_f1.core.errors import DomainError, Invalid
from fantasy_f1.core.ratelimit import limit_mail

log = structlog.get_logger(__name__)


class MailsUnavailable(DomainError):
    """No mail can be sent at the moment. Please try again in a few minutes."""

    code = "mails_unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE


def ask_for_reset(email: str) -> None:
    """Have a link mailed to the account with this address, if there is one; that is looked up after the answer.

    Raises ``Invalid`` for what no account can have as its address, ``RateLimited`` after too many mails there,
    ``MailsUnavailable`` while the queue of tasks is away.
    """
    try:
        address = normalize_email(email)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="email") from error
    limit_mail(account=account_key(address))
    try:
        tasks.send_password_reset.delay(address)
    except OperationalError as error:
        log.error("the queue does not answer: no mail for a forgotten password", error=str(error))
        raise MailsUnavailable("No mail can be sent at the moment. Please try again in a few minutes.") from error
