"""E-mail: a message for each notification, or one for a digest, with a text and an HTML side and a way to end them."""

import smtplib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from fantasy_f1.core.spoilers import results_until
from notifications.models import Delivery
from notifications.outgoing import OutcomeUnknown, Refused, SendAll, TryLater
from notifications.shown import shown
from notifications.unsubscribing import path_for


def targets(users: Iterable[User]) -> dict[int, list[str]]:
    """Everybody with a confirmed address, where mails are sent at all."""
    if not settings.EMAIL_VERIFICATION:
        return {}
    return {user.pk: [""] for user in users if user.email_verified_at}


@contextmanager
def open_connection() -> Iterator[SendAll[Delivery]]:
    """One connection to the mail server for all mails of a sweep; once it cannot be reached, no further one waits."""
    connection = get_connection()
    is_down = False

    def send(deliveries: Sequence[Delivery], hand_over: Callable[[], None]) -> None:
        nonlocal is_down
        mail = mail_of(deliveries)
        mail.connection = connection
        try:
            if is_down:
                raise OSError("it was tried a moment ago.")
            _connect(connection)
        except (OSError, smtplib.SMTPException) as error:
            is_down = True
            raise TryLater(f"The mail server cannot be reached: {error}") from error
        try:
            _send(mail, hand_over)
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            raise (Refused if code >= 500 else TryLater)(f"The mail server refused the address ({code}).") from error
        except smtplib.SMTPSenderRefused as error:  # for the host to mend
            raise TryLater(f"The mail server refused the sender ({error.smtp_code}).") from error
        except smtplib.SMTPResponseException as error:
            raise (Refused if error.smtp_code >= 500 else TryLater)(f"The mail server said {error}.") from error
        except (OSError, smtplib.SMTPException) as error:
            _hang_up(connection)
            is_known = deliveries[0].state != Delivery.State.HANDED_OVER
            raise (TryLater if is_known else OutcomeUnknown)(str(error)) from error
        except TryLater:  # of ``hand_over``, in the middle of it
            _hang_up(connection)
            raise

    try:
        yield send
    finally:
        _hang_up(connection)


def _connect(connection: Any) -> None:
    """Open it; where the server does not listen any more, afresh: a mail is handed over only to who listens."""
    if (server := _server(connection)) and not _listens(server):
        _hang_up(connection)
    connection.open()
    if server := _server(connection):
        server.ehlo_or_helo_if_needed()


def _send(mail: EmailMultiAlternatives, hand_over: Callable[[], None]) -> None:
    """Whatever breaks off before the mail itself is sent did not hand it over."""
    if server := _server(mail.connection):

        def data(body: Any) -> Any:
            hand_over()
            return type(server).data(server, body)

        server.data = data  # type: ignore[assignment, method-assign]
    else:
        hand_over()
    mail.send()


def _server(connection: Any) -> smtplib.SMTP | None:
    """The other end, of a connection to a real one."""
    return getattr(connection, "connection", None)


def _listens(server: smtplib.SMTP) -> bool:
    try:
        return server.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _hang_up(connection: Any) -> None:
    with suppress(OSError, smtplib.SMTPException):
        connection.close()


def mail_of(deliveries: Sequence[Delivery]) -> EmailMultiAlternatives:
    """To the one person whom all of these are for; its ``Message-ID`` is the same however often it is tried."""
    first, user = deliveries[0], deliveries[0].notification.user
    items = [
        {
            "title": title,
            "text": text,
            "url": settings.BASE_URL + reverse("notifications:follow", args=[each.notification_id]),
        }
        for each in deliveries
        for title, text in [shown(each.notification, results_until(user))]
    ]
    types = {each.notification.get_type_display(): each.notification.type for each in deliveries}
    unsubscribe_url = settings.BASE_URL + path_for(user, types.values())
    subject = items[0]["title"] if len(items) == 1 else f"{len(items)} notifications for you"
    context = {
        "subject": subject,
        "items": items,
        "reasons": sorted(types),
        "user": user,
        "base_url": settings.BASE_URL,
        "settings_url": settings.BASE_URL + reverse("notifications:settings"),
        "unsubscribe_url": unsubscribe_url,
    }
    mail = EmailMultiAlternatives(
        " ".join(subject.split()),  # no line break gets into the head
        render_to_string("notifications/mails/news.txt", context),
        to=[user.email],
        headers={
            "Message-ID": f"<delivery-{first.pk}@{urlsplit(settings.BASE_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    mail.attach_alternative(render_to_string("notifications/mails/news.html", context), "text/html")
    return mail
