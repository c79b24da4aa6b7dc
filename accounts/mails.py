"""The mails about an account itself. Each goes to the address that is kept, never to one of a request."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string


def send(name: str, *, to: str, **context: Any) -> None:
    """Send ``templates/accounts/mails/<name>.txt``, whose first line is the subject."""
    text = render_to_string(f"accounts/mails/{name}.txt", {**context, "base_url": settings.BASE_URL})
    subject, _, body = text.partition("\n")
    EmailMessage(subject.strip(), body.lstrip("\n"), to=[to]).send()
