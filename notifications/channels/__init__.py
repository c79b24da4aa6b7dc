"""Ways to people outside of the app, a module for each."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from accounts.models import User
from notifications.channels import mail
from notifications.models import Channel, Delivery

Sender = Callable[[Delivery, Callable[[], None]], None]
"""Sends one delivery; ``outgoing.Send`` says how, and what it may raise."""


@dataclass(frozen=True)
class Way:
    """``targets``: where each of some users can be reached, by user id; nobody is in it who cannot be. ``open`` gives
    a sender for many deliveries, which share its connection.
    """

    targets: Callable[[Iterable[User]], dict[int, list[str]]]
    open: Callable[[], AbstractContextManager[Sender]]


CHANNELS: dict[str, Way] = {Channel.EMAIL: Way(mail.targets, mail.open_connection)}
