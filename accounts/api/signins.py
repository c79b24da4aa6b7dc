"""Where one is signed in, and ending that."""

from typing import Any

from django.db.models import QuerySet
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import signins
from accounts.models import SignIn
from accounts.permissions import SignedInOnly
from fantasy_f1.core.http import account_of
from fantasy_f1.core.schema import problems


# Expects the current sign-in in the context.
class SignInOut(serializers.ModelSerializer[SignIn]):
    example = {"user_agent": "Mozilla/5.0 (X11; Linux x86_64)", "address": "192.0.2.7"}

    kind = serializers.ChoiceField(SignIn.Kind.choices, help_text="A browser, or a program with tokens")
    last_used_at = serializers.DateTimeField(help_text="Give or take five minutes")
    expires_at = serializers.DateTimeField(help_text="Unless it is used before that")
    is_current = serializers.SerializerMethodField()

    class Meta:
        model = SignIn
        fields = ["id", "kind", "created_at", "last_used_at", "expires_at", "user_agent", "address", "is_current"]

    def get_is_current(self, sign_in: SignIn) -> bool:
        """Whether it is the one by which you ask"""
        return bool(sign_in == self.context["current"])


class SessionList(ListAPIView[SignIn]):
    permission_classes = [SignedInOnly]
    serializer_class = SignInOut
    queryset = SignIn.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[SignIn]:
        return signins.of(account_of(self.request), now=timezone.now())

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "current": signins.current(self.request)}

    @extend_schema(
        operation_id="sessions_list",
        tags=["auth"],
        summary="Where one is signed in, the latest used first",
        responses={200: SignInOut(many=True), **problems(400)},
    )
    def get(self, request: Request) -> Response:
        return self.list(request)

    @extend_schema(
        operation_id="sessions_end_others",
        tags=["auth"],
        summary="Sign out everywhere else",
        description="Ends all sign-ins but the one by which you ask. API keys live on. Safe to repeat.",
        responses={204: None, **problems(401)},
    )
    def delete(self, request: Request) -> Response:
        signins.end_all(user=account_of(request), keep=signins.current(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionDetail(APIView):
    permission_classes = [SignedInOnly]

    @extend_schema(
        operation_id="sessions_end",
        tags=["auth"],
        summary="Sign out there",
        description="The browser or the tokens stop working at once; it may be the sign-in by which you ask.",
        responses={204: None, **problems(404)},
    )
    def delete(self, request: Request, pk: int) -> Response:
        signins.end(user=account_of(request), pk=pk, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


urlpatterns = [
    path("auth/sessions", SessionList.as_view()),
    path("auth/sessions/<id:pk>", SessionDetail.as_view()),
]
