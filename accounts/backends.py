"""Signing in by username or by e-mail address."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Q
from django.http import HttpRequest

from accounts.emails import login_name
from accounts.models import User


def find_account(name: str) -> User | None:
    """The account of that username or e-mail address, without regard to case."""
    plain = login_name(name)
    if not plain.isascii():  # limits count ``ı`` and ``i`` apart, for which a database may see no difference
        return None
    return User.objects.filter(Q(username__iexact=plain) | Q(email__iexact=plain)).order_by("pk").first()


class UsernameOrEmailBackend(ModelBackend):
    """Finds the account by either name, without regard to case; a missing account costs as much time as a wrong one."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if username is None or password is None:
            return None
        user = find_account(username)
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None
