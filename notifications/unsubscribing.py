"""The link in a mail that ends such mails: signed, good for ever, for one person and some types (RFC 8058)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core import signing
from django.urls import reverse

from accounts.links import used_up
from accounts.models import User
from notifications.models import Channel, Notification
from notifications.preferences import set_ways

SALT = "notifications.unsubscribe"


@dataclass(frozen=True)
class Wish:
    """Who wants no more mails of which types."""

    user: User
    types: list[Notification.Type]


def path_for(user: User, types: Iterable[str]) -> str:
    """The path of the link in a mail to ``user`` that tells of these types."""
    token = signing.dumps([user.pk, *sorted(set(types))], salt=SALT)
    return reverse("notifications:unsubscribe", args=[token])


def read(token: str) -> Wish:
    """Raises ``LinkNotValid``."""
    try:
        user_id, *types = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise used_up() from error
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise used_up()
    return Wish(user, [Notification.Type(each) for each in types if each in Notification.Type.values])


def unsubscribe(wish: Wish, *, from_all: bool = False) -> None:
    """Switch these mails off, or all. Safe to repeat."""
    types = list(Notification.Type) if from_all else wish.types
    set_ways(user=wish.user, ways=[(each, Channel.EMAIL) for each in types], on=False)
