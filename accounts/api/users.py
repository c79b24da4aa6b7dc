"""What may be read of accounts."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.generics import ListAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import visibility
from accounts.email_change import pending_email
from accounts.models import User
from accounts.second_factor import is_on
from fantasy_f1.core.errors import NotAllowed
from fantasy_f1.core.filters import YesNoFilter
from fantasy_f1.core.http import account_of
from fantasy_f1.core.schema import problems
from fantasy_f1.core.spoilers import results_until

ORDERS = ("username", "email", "created_at")


class IsHost(BasePermission):
    """Whoever runs the site; league managers may use the admin, too, but are no hosts."""

    message = "Only the host may do this."
    code = NotAllowed.code
    refusals = (NotAllowed,)

    def has_permission(self, request: Request, view: Any) -> bool:
        return account_of(request).is_superuser


class UserOut(serializers.ModelSerializer[User]):
    """One's own account."""

    example = {
        "username": "ana",
        "full_name": "Ana Example",
        "time_zone": "Europe/Berlin",
        "pending_email": None,
        "results_until": None,
    }

    email_verified = serializers.SerializerMethodField()
    pending_email = serializers.SerializerMethodField()
    has_second_factor = serializers.SerializerMethodField()
    hide_results = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = [
            "id",
            "username",
            "email",
            "email_verified",
            "pending_email",
            "full_name",
            "time_zone",
            "has_second_factor",
            "hide_results",
            "results_until",
            "created_at",
        ]
        extra_kwargs = {
            "results_until": {"help_text": "Results of sessions that started later are hidden; null: nothing is"}
        }

    def get_email_verified(self, user: User) -> bool:
        """false: no league can be made or joined until the link in the mail was followed"""
        return not user.must_verify_email

    def get_pending_email(self, user: User) -> str | None:
        """The address that takes the place of `email` once it was confirmed at both"""
        return pending_email(user)

    def get_has_second_factor(self, user: User) -> bool:
        """true: signing in takes `otp`"""
        return is_on(user)

    def get_hide_results(self, user: User) -> bool:
        """Whether the spoiler shield is up"""
        return results_until(user) is not None


# Expects ``viewer`` in the context.
class PersonOut(serializers.ModelSerializer[User]):
    """An account as others see it."""

    example = {"username": "bob", "full_name": "Bo Example", "email": None, "time_zone": None, "created_at": None}

    email = serializers.SerializerMethodField()
    time_zone = serializers.SerializerMethodField()
    created_at = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["id", "username", "full_name", "email", "time_zone", "created_at"]

    def get_email(self, user: User) -> str | None:
        """null unless it is you, or you are the host"""
        return user.email if self._is_open(user) else None

    def get_time_zone(self, user: User) -> str | None:
        """null unless it is you, or you are the host"""
        return user.time_zone if self._is_open(user) else None

    def get_created_at(self, user: User) -> str | None:
        """null unless it is you, or you are the host"""
        return serializers.DateTimeField().to_representation(user.created_at) if self._is_open(user) else None

    def _is_open(self, user: User) -> bool:
        viewer: User = self.context["viewer"]
        return viewer.is_superuser or viewer.pk == user.pk


class HostUserOut(serializers.ModelSerializer[User]):
    """An account as the host sees it."""

    example = {"username": "bob", "full_name": "Bo Example", "time_zone": "Europe/Oslo", "deleted_at": None}

    class Meta:
        model = User
        fields = [
            "id",
            "username",
            "email",
            "email_verified_at",
            "full_name",
            "time_zone",
            "is_active",
            "is_staff",
            "is_superuser",
            "last_login",
            "created_at",
            "deleted_at",
        ]


class UserFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="find", max_length=254, label="In username, e-mail address and name")
    is_active = YesNoFilter(label="Not closed, or closed")
    ordering = django_filters.ChoiceFilter(
        method="order",
        choices=[(f"{sign}{key}", key) for key in ORDERS for sign in ("", "-")],
        label="By username if left out",
    )

    class Meta:
        model = User
        fields: list[str] = []

    def find(self, users: "QuerySet[User]", name: str, text: str) -> "QuerySet[User]":
        return users.filter(Q(username__icontains=text) | Q(email__icontains=text) | Q(full_name__icontains=text))

    def order(self, users: "QuerySet[User]", name: str, key: str) -> "QuerySet[User]":
        return users.order_by(key, "pk")


class UserList(ListAPIView[User]):
    permission_classes = [IsHost]
    serializer_class = HostUserOut
    filterset_class = UserFilter
    queryset = User.objects.order_by("username")

    @extend_schema(
        operation_id="users_list",
        tags=["users"],
        summary="All accounts, for the host",
        responses={200: HostUserOut(many=True), **problems(400)},
    )
    def get(self, request: Request) -> Response:
        return self.list(request)


@extend_schema(operation_id="users_read", tags=["users"], responses={200: PersonOut, **problems(401, 404)})
@api_view(["GET", "HEAD"])
def user_view(request: Request, pk: int) -> Response:
    """Somebody in a league of yours, or yourself; the host sees all. Everybody else is not found."""
    viewer = account_of(request)
    person = get_object_or_404(visibility.visible_to(viewer), pk=pk)
    return Response(PersonOut(person, context={"viewer": viewer}).data)


urlpatterns = [
    path("users", UserList.as_view()),
    path("users/<id:pk>", user_view, name="api-user"),
]
