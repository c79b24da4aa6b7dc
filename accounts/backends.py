"""Signing in by username or by e-mail address."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest

from accounts.emails import normalize_email
from accounts.models import User


def find_account(name: str) -> User | None:
    """The account of that username or e-mail address, without regard to case."""
    name = name.strip()
    try:
        email = normalize_email(name)
    except ValidationError:
        email = name
    return User.objects.filter(Q(username__iexact=name) | Q(email__iexact=email)).order_by("pk").first()


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
