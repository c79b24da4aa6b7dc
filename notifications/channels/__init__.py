"""Ways to people outside of the app, a module for each."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from accounts.models import User
from notifications.channels import mail, push
from notifications.models import Channel, Delivery
from notifications.outgoing import SendAll


@dataclass(frozen=True)
class Way:
    """``targets``: where each of some users can be reached, by user id; nobody is in it who cannot be. ``open`` gives
    what sends one delivery, or those of a person's digest, many times over one connection.
    """

    targets: Callable[[Iterable[User]], dict[int, list[str]]]
    open: Callable[[], AbstractContextManager[SendAll[Delivery]]]


CHANNELS: dict[str, Way] = {
    Channel.EMAIL: Way(mail.targets, mail.open_connection),
    Channel.PUSH: Way(push.targets, push.open_sender),
}
