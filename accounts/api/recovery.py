"""A forgotten password."""

from django.urls import path
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.recovery import MailsUnavailable, ask_for_reset
from fantasy_f1.core.ratelimit import limit_auth
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import StrictSerializer, valid


class ResetIn(StrictSerializer):
    example = {"email": "ana@example.com"}

    email = serializers.EmailField(max_length=254)


@extend_schema(
    operation_id="auth_reset_password",
    tags=["auth"],
    auth=[],
    request=ResetIn,
    responses={
        202: OpenApiResponse(description="A mail is on its way, if there is such an account"),
        **problems(400, MailsUnavailable),
    },
)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def reset_view(request: Request) -> Response:
    """Mail a link to a page where a new password can be chosen. The answer is the same whether there is an account."""
    email = valid(ResetIn(data=request.data))["email"]
    limit_auth(request)
    ask_for_reset(email)
    return Response(status=status.HTTP_202_ACCEPTED)


urlpatterns = [path("auth/password-reset", reset_view)]
