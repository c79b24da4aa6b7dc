"""What accounts tell while they change, inside the transaction of the change."""

from django.dispatch import Signal

account_closing = Signal()
"""``user`` is about to close their account, at ``now``; ``for_good`` tells deleting from deactivating.

A receiver clears what it keeps for the person, or raises a ``DomainError`` that says what stands against it. It is sent
before the account's row is locked, because leagues are locked before the accounts of their players, and once more when
it is, for what came in between: receivers are safe to repeat.
"""

sign_ins_ended = Signal()
"""Somebody was signed out: ``sign_ins`` are the primary keys of what ended. Not sent for what nobody used for weeks."""
