"""E-mail: a message for each notification, with a text and an HTML side and a link that ends such mails."""

import smtplib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string

from accounts.models import User
from notifications.models import Delivery
from notifications.outgoing import OutcomeUnknown, Refused, TryLater


def targets(users: Iterable[User]) -> dict[int, list[str]]:
    """Everybody with a confirmed address, where mails are sent at all."""
    if not settings.EMAIL_VERIFICATION:
        return {}
    return {user.pk: [""] for user in users if user.email_verified_at}


@contextmanager
def open_connection() -> Iterator[Callable[[Delivery, Callable[[], None]], None]]:
    """One connection to the mail server for all mails of a sweep."""
    connection = get_connection()

    def send(delivery: Delivery, hand_over: Callable[[], None]) -> None:
        mail = _mail(delivery)
        mail.connection = connection
        try:
            connection.open()
        except (OSError, smtplib.SMTPException) as error:
            raise TryLater(f"The mail server cannot be reached: {error}") from error
        hand_over()
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            raise (Refused if code >= 500 else TryLater)(f"The mail server refused the address ({code}).") from error
        except smtplib.SMTPResponseException as error:
            connection.close()
            raise (Refused if error.smtp_code >= 500 else TryLater)(f"The mail server said {error}.") from error
        except (OSError, smtplib.SMTPException) as error:
            connection.close()
            raise OutcomeUnknown(str(error)) from error

    try:
        yield send
    finally:
        connection.close()


def _mail(delivery: Delivery) -> EmailMultiAlternatives:
    notification = delivery.notification
    context = {"notification": notification, "user": notification.user, "base_url": settings.BASE_URL}
    text = render_to_string("notifications/mails/one.txt", context)
    return EmailMultiAlternatives(notification.title, text, to=[notification.user.email])
