"""Each login of a browser, by whatever page, begins a sign-in."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils import timezone

from accounts import signins
from accounts.models import User


def connect() -> None:
    user_logged_in.connect(_begin, dispatch_uid="accounts.signins")


def _begin(request: HttpRequest, user: User, **kwargs: Any) -> None:
    signins.begin_session(user=user, request=request, now=timezone.now())
