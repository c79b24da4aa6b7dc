"""What may be read of accounts, and what a user may change about their own."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.signup import EmailTaken, change_profile
from fantasy_f1.core.http import account_of
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import StrictSerializer, valid


class ProfileIn(StrictSerializer):
    example = {"full_name": "Ana Example", "time_zone": "Europe/Berlin"}

    full_name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=254, required=False)
    time_zone = serializers.CharField(max_length=64, required=False)


class UserOut(serializers.ModelSerializer[User]):
    example = {"username": "ana", "full_name": "Ana Example", "time_zone": "Europe/Berlin"}

    class Meta:
        model = User
        fields = ["id", "username", "email", "full_name", "time_zone", "created_at"]


@extend_schema(
    operation_id="users_me_update",
    tags=["users"],
    request=ProfileIn,
    responses={200: UserOut, **problems(400, 401, EmailTaken)},
)
@api_view(["PATCH"])
def change_me_view(request: Request) -> Response:
    """Change one's own profile; what is left out stays."""
    return Response(UserOut(change_profile(user=account_of(request), **valid(ProfileIn(data=request.data)))).data)


urlpatterns = [
    path("users/me", change_me_view),
]
