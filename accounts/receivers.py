"""Each login of a browser, by whatever page, begins a sign-in; open streams end with what let their viewer in."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils import timezone

from accounts import access, signins
from accounts.models import User
from fantasy_f1.core import live


def connect() -> None:
    user_logged_in.connect(_begin, dispatch_uid="accounts.signins")
    live.let_in_by(access.still_open)


def _begin(request: HttpRequest, user: User, **kwargs: Any) -> None:
    signins.begin_session(user=user, request=request, now=timezone.now())
