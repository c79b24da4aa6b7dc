"""Signing up, and tokens."""

from typing import Any

from django.contrib.auth import authenticate
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import second_factor, signins, tokens
from accounts.api.fields import OtpField, PasswordField
from accounts.api.users import UserOut
from accounts.credentials import AccountClosed, PasswordChanged
from accounts.limits import account_key
from accounts.models import User
from accounts.second_factor import OtpRequired, OtpWrong
from accounts.signup import EmailTaken, UsernameTaken, register
from fantasy_f1.core import clock
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.http import account_of, created
from fantasy_f1.core.ratelimit import limit_auth
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import StrictSerializer, valid

TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.-shortened-"  # noqa: S105 (an example)


class WrongCredentials(DomainError):
    """Username and password do not fit together."""

    code = "wrong_credentials"
    status = 401


OTP_MISSING = [(401, error.code, error.__doc__ or "") for error in (OtpRequired, OtpWrong)]
"""Signing in, it is no fault of the form."""


class RegisterIn(StrictSerializer):
    example = {
        "username": "ana",
        "email": "ana@example.com",
        "password": "nine laps of rain",
        "full_name": "Ana Example",
        "time_zone": "Europe/Berlin",
    }

    username = serializers.CharField(max_length=30)
    email = serializers.EmailField(max_length=254)
    password = PasswordField()
    full_name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    time_zone = serializers.CharField(max_length=64, required=False, help_text="Such as Europe/Berlin; UTC if left out")


class LoginIn(StrictSerializer):
    example = {"username": "ana", "password": "nine laps of rain"}

    username = serializers.CharField(max_length=254, required=False, help_text="Username or e-mail address")
    email = serializers.CharField(max_length=254, required=False, help_text="Instead of username")
    password = PasswordField()
    otp = OtpField(
        required=False, default="", allow_blank=True, help_text="Code or recovery code, where the second factor is on"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        names = [attrs[field] for field in ("username", "email") if field in attrs]
        if len(names) != 1:
            raise serializers.ValidationError({"username": ["Give either username or email."]})
        return {"username": names[0], "password": attrs["password"], "otp": attrs["otp"]}


class RefreshIn(StrictSerializer):
    example = {"refresh": TOKEN}

    refresh = serializers.CharField(max_length=4000)


class TokensOut(serializers.Serializer[tokens.TokenPair]):
    example = {"access": TOKEN, "refresh": TOKEN, "token_type": "Bearer", "expires_in": 900}

    access = serializers.CharField()
    refresh = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds until the access token ends")


@extend_schema(
    operation_id="auth_register",
    tags=["auth"],
    auth=[],
    request=RegisterIn,
    responses={201: UserOut, **problems(400, UsernameTaken, EmailTaken)},
)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def register_view(request: Request) -> Response:
    """Make an account."""
    data = valid(RegisterIn(data=request.data))
    limit_auth(request)
    user = register(**data, now=clock.now())
    return created(UserOut(user).data, at="api-user", args=[user.pk])


@extend_schema(
    operation_id="auth_login",
    tags=["auth"],
    auth=[],
    request=LoginIn,
    responses={200: TokensOut, **problems(400, WrongCredentials, *OTP_MISSING)},
)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def login_view(request: Request) -> Response:
    """Exchange a password and either `username` (which may be the e-mail address) or `email` for tokens.

    Where the second factor is on, a right password alone is a 401 `otp_required`, and a code that is not right or was
    used before a 401 `otp_wrong`.
    """
    given = valid(LoginIn(data=request.data))
    otp = given.pop("otp")
    limit_auth(request, account=account_key(given["username"]))
    user = authenticate(request._request, **given)
    if not isinstance(user, User):
        raise WrongCredentials("Username and password do not fit together.")
    now = timezone.now()
    second_factor.demand(user, otp, now=now, status=401)
    return Response(tokens.issue(user=user, origin=signins.origin_of(request._request), now=now))


@extend_schema(
    operation_id="auth_refresh",
    tags=["auth"],
    auth=[],
    request=RefreshIn,
    responses={200: TokensOut, **problems(400, *tokens.UNFIT, PasswordChanged, AccountClosed)},
)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def refresh_view(request: Request) -> Response:
    """Exchange a refresh token for a new pair; each can be used once.

    One that comes a second time (`token_reused`) was copied or sent twice: it ends the sign-in with all its tokens, so
    refresh in one place at a time.
    """
    data = valid(RefreshIn(data=request.data))
    limit_auth(request)
    return Response(tokens.rotate(data["refresh"], now=timezone.now()))


@extend_schema(
    operation_id="auth_logout",
    tags=["auth"],
    auth=[],
    request=RefreshIn,
    responses={204: None, **problems(400, *tokens.UNFIT)},
)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def logout_view(request: Request) -> Response:
    """End the sign-in of a refresh token, with all its tokens. Safe to repeat."""
    tokens.revoke(valid(RefreshIn(data=request.data))["refresh"], now=timezone.now())
    return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(operation_id="auth_me", tags=["auth"], responses={200: UserOut, **problems(401)})
@api_view(["GET", "HEAD"])
def me_view(request: Request) -> Response:
    """The account that asks."""
    return Response(UserOut(account_of(request)).data)


urlpatterns = [
    path("auth/register", register_view),
    path("auth/login", login_view),
    path("auth/refresh", refresh_view),
    path("auth/logout", logout_view),
    path("auth/me", me_view, name="api-me"),
]
