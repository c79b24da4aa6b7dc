"""One's own account: profile, e-mail address, password, second factor, export, the end."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import JsonResponse
from django.urls import path
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import closing, export, identity, second_factor, shield, signins, verification
from accounts.api.fields import OtpField, PasswordField
from accounts.api.users import UserOut
from accounts.closing import LastHost
from accounts.email_change import change_email
from accounts.identity import WrongPassword
from accounts.models import SecondFactor
from accounts.permissions import SignedInOnly
from accounts.second_factor import OtpRequired, OtpWrong, SecondFactorOff, SecondFactorOn
from accounts.signup import EmailTaken, change_profile
from accounts.verification import TooManyMails
from fantasy_f1.core import clock
from fantasy_f1.core.http import account_of, created
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import StrictSerializer, valid

UNPROVEN = (400, WrongPassword, OtpRequired, OtpWrong)
LAST_MANAGER = (409, "last_manager", "You are the only manager of Grid, and others play in it: hand it over first.")
"""Raised by leagues, of which accounts know nothing."""


class ProfileIn(StrictSerializer):
    example = {"full_name": "Ana Example", "time_zone": "Europe/Berlin"}

    full_name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    time_zone = serializers.CharField(max_length=64, required=False)
    hide_results = serializers.BooleanField(
        required=False,
        help_text="The spoiler shield: what sessions bring from now on is hidden from you until you reveal it",
    )
    email = serializers.EmailField(max_length=254, required=False, help_text="Takes current_password")
    password = PasswordField(required=False, help_text="A new one; takes current_password")
    current_password = PasswordField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "current_password" not in attrs and attrs.keys() & {"email", "password"}:
            raise serializers.ValidationError({"current_password": ["This takes your current password."]})
        return attrs


class RevealIn(StrictSerializer):
    example = {"until": "2026-07-26T13:00:00Z"}

    until = serializers.DateTimeField(
        required=False, help_text="The start of the session to show; left out, all that started so far"
    )


class PasswordIn(StrictSerializer):
    example = {"current_password": "nine laps of rain"}

    current_password = PasswordField()


class ProofIn(StrictSerializer):
    example = {"current_password": "nine laps of rain"}

    current_password = PasswordField()
    otp = OtpField(required=False, default="", allow_blank=True, help_text="Where the second factor is on")


class OtpIn(StrictSerializer):
    example = {"otp": "123456"}

    otp = OtpField(help_text="Of the authenticator app")


class SecondFactorOut(serializers.Serializer[SecondFactor]):
    """What the authenticator app needs; shown this once."""

    example = {
        "secret": "JBSWY3DPEHPK3PXP",
        "uri": "otpauth://totp/Fantasy%20F1:ana?secret=JBSWY3DPEHPK3PXP&issuer=Fantasy%20F1",
    }

    secret = serializers.CharField(help_text="Base 32, to be typed")
    uri = serializers.SerializerMethodField()

    def get_uri(self, factor: SecondFactor) -> str:
        """`otpauth://…`, to be shown as a QR code"""
        return second_factor.uri(factor)


class RecoveryCodesOut(serializers.Serializer[dict[str, list[str]]]):
    example = {"recovery_codes": ["abcde-fghjk-mnpqr"]}

    recovery_codes = serializers.ListField(
        child=serializers.CharField(), help_text="Each signs in once instead of a code of the app; shown this once"
    )


class Me(APIView):
    def get_permissions(self) -> Sequence[Any]:
        return super().get_permissions() if self.request.method in SAFE_METHODS else [SignedInOnly()]

    @extend_schema(operation_id="users_me", tags=["users"], responses={200: UserOut, **problems(401)})
    def get(self, request: Request) -> Response:
        """The account that asks, the same as `auth/me`."""
        return Response(UserOut(account_of(request)).data)

    @extend_schema(
        operation_id="users_me_change",
        tags=["users"],
        request=ProfileIn,
        responses={200: UserOut, **problems(400, WrongPassword, EmailTaken, TooManyMails)},
    )
    def patch(self, request: Request) -> Response:
        """Change one's own account; what is left out stays.

        A new `email` or `password` takes `current_password`. A new password ends all other sign-ins and all API keys.
        Where mails are sent, a new address is `pending_email` until links sent to both addresses were followed; naming
        the standing one gives it up.
        """
        user = account_of(request)
        given = valid(ProfileIn(data=request.data))
        email, password = given.pop("email", None), given.pop("password", None)
        current_password, hide_results = given.pop("current_password", ""), given.pop("hide_results", None)
        with transaction.atomic():
            change_profile(user=user, **given)
            if hide_results is not None:
                user = shield.turn(user=user, on=hide_results, now=clock.now())
            if email is not None:
                user = change_email(user=user, email=email, current_password=current_password, now=timezone.now())
            if password is not None:
                identity.change_password(
                    user=user,
                    password=password,
                    current_password=current_password,
                    keep=signins.current(request),
                    now=timezone.now(),
                )
        if password is not None:
            update_session_auth_hash(request._request, user)
        return Response(UserOut(user).data)


@extend_schema(
    operation_id="users_me_reveal",
    tags=["users"],
    request=RevealIn,
    responses={200: UserOut, **problems(400)},
)
@api_view(["POST"])
@permission_classes([SignedInOnly])
def reveal_view(request: Request) -> Response:
    """Show the results of a session, and of all that started before it, though the spoiler shield is up.

    What was shown is never hidden again by this. Without a shield nothing changes.
    """
    given, now = valid(RevealIn(data=request.data)), clock.now()
    return Response(UserOut(shield.reveal(user=account_of(request), until=given.get("until", now), now=now)).data)


@extend_schema(
    operation_id="users_me_send_verification",
    tags=["users"],
    request=None,
    responses={202: OpenApiResponse(description="On its way"), **problems(TooManyMails)},
)
@api_view(["POST"])
@permission_classes([SignedInOnly])
def verification_view(request: Request) -> Response:
    """Mail the link again that confirms one's e-mail address; to a confirmed account nothing is sent."""
    verification.send_verification(user=account_of(request), now=timezone.now())
    return Response(status=status.HTTP_202_ACCEPTED)


@extend_schema(
    operation_id="users_me_deactivate",
    tags=["users"],
    request=ProofIn,
    responses={204: None, **problems(*UNPROVEN, LastHost, LAST_MANAGER)},
)
@api_view(["POST"])
@permission_classes([SignedInOnly])
def deactivate_view(request: Request) -> Response:
    """Close one's account until the host opens it again; one's teams stay, and the ranking picks for them."""
    _close(request, closing.deactivate)
    return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(
    operation_id="users_me_delete",
    tags=["users"],
    request=ProofIn,
    responses={204: None, **problems(*UNPROVEN, LastHost, LAST_MANAGER)},
)
@api_view(["POST"])
@permission_classes([SignedInOnly])
def delete_view(request: Request) -> Response:
    """Delete one's account for good. What leagues remember stays, under "Deleted player".

    Refused (409 `last_manager`) while one is the only manager of a league in which others play.
    """
    _close(request, closing.delete)
    return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(
    operation_id="users_me_export",
    tags=["users"],
    responses={
        200: OpenApiResponse(OpenApiTypes.OBJECT, description="Sections by name, each with what is kept there"),
        **problems(401),
    },
)
@api_view(["GET", "HEAD"])
@permission_classes([SignedInOnly])
def export_view(request: Request) -> JsonResponse:
    """Everything that is kept about oneself, as a file."""
    return export.as_file(account_of(request))


@extend_schema(
    operation_id="second_factor_begin",
    tags=["users"],
    request=PasswordIn,
    responses={201: SecondFactorOut, **problems(400, WrongPassword, SecondFactorOn)},
)
@api_view(["POST"])
@permission_classes([SignedInOnly])
def begin_second_factor_view(request: Request) -> Response:
    """Get a secret for an authenticator app (TOTP). It is in use once a code of it was confirmed."""
    user = account_of(request)
    identity.prove_password(user, valid(PasswordIn(data=request.data))["current_password"])
    factor = second_factor.begin(user=user)
    return created(SecondFactorOut(factor).data, at="api-me")


@extend_schema(
    operation_id="second_factor_confirm",
    tags=["users"],
    request=OtpIn,
    responses={200: RecoveryCodesOut, **problems(400, OtpWrong, SecondFactorOff, SecondFactorOn)},
)
@api_view(["POST"])
@permission_classes([SignedInOnly])
def confirm_second_factor_view(request: Request) -> Response:
    """Switch the second factor on with the first code. From then on signing in takes `otp`."""
    otp = valid(OtpIn(data=request.data))["otp"]
    codes = second_factor.confirm(user=account_of(request), otp=otp, now=timezone.now())
    return Response({"recovery_codes": codes})


@extend_schema(
    operation_id="second_factor_disable",
    tags=["users"],
    request=ProofIn,
    responses={204: None, **problems(*UNPROVEN)},
)
@api_view(["POST"])
@permission_classes([SignedInOnly])
def disable_second_factor_view(request: Request) -> Response:
    """Switch the second factor off. Safe to repeat."""
    user = account_of(request)
    given = valid(ProofIn(data=request.data))
    identity.prove(user, password=given["current_password"], otp=given["otp"], now=timezone.now())
    second_factor.switch_off(user=user)
    return Response(status=status.HTTP_204_NO_CONTENT)


def _close(request: Request, command: Any) -> None:
    given = valid(ProofIn(data=request.data))
    command(
        user=account_of(request),
        password=given["current_password"],
        otp=given["otp"],
        now=clock.now(),
        at=timezone.now(),
    )


urlpatterns = [
    path("users/me", Me.as_view()),
    path("users/me/reveal", reveal_view),
    path("users/me/verification", verification_view),
    path("users/me/deactivate", deactivate_view),
    path("users/me/delete", delete_view),
    path("users/me/export", export_view),
    path("users/me/second-factor", begin_second_factor_view),
    path("users/me/second-factor/confirm", confirm_second_factor_view),
    path("users/me/second-factor/disable", disable_second_factor_view),
]
