"""Django's sessions in the database; the list of sign-ins follows them."""

from django.contrib.sessions.backends import db
from django.utils import timezone

from accounts import signins


class SessionStore(db.SessionStore):
    def cycle_key(self) -> None:
        old = self.session_key
        super().cycle_key()
        if old:
            signins.session_moved(self, key=old)

    def flush(self) -> None:
        old = self.session_key
        super().flush()
        if old:
            signins.session_ended(key=old, now=timezone.now())
