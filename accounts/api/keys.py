"""One's own API keys."""

from django.db.models import QuerySet
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import keys
from accounts.models import ApiKey
from accounts.permissions import SignedInOnly
from fantasy_f1.core.http import account_of, created
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import StrictSerializer, valid


class KeyIn(StrictSerializer):
    example = {"name": "Bot in the cellar", "scope": "write"}

    name = serializers.CharField(max_length=50, help_text="What it is for")
    scope = serializers.ChoiceField(ApiKey.Scope.choices)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Never, if left out")


class KeyOut(serializers.ModelSerializer[ApiKey]):
    example = {"name": "Bot in the cellar", "prefix": "ff1_0f1e2d3c4b5a", "scope": "write"}

    prefix = serializers.CharField(read_only=True, help_text="How the key begins, to tell it from others")
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="Give or take five minutes")

    class Meta:
        model = ApiKey
        fields = ["id", "name", "prefix", "scope", "created_at", "last_used_at", "expires_at"]


# Expects the key's text in the context.
class NewKeyOut(KeyOut):
    example = {"key": "ff1_0f1e2d3c4b5a_-shortened-"}

    key = serializers.SerializerMethodField()

    class Meta(KeyOut.Meta):
        fields = [*KeyOut.Meta.fields, "key"]

    def get_key(self, key: ApiKey) -> str:
        """The key itself, for `Authorization: Bearer`. It is shown this once."""
        return str(self.context["text"])


class KeyList(ListAPIView[ApiKey]):
    permission_classes = [SignedInOnly]
    serializer_class = KeyOut
    queryset = ApiKey.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[ApiKey]:
        return keys.of(account_of(self.request))

    @extend_schema(
        operation_id="keys_list",
        tags=["auth"],
        summary="One's own API keys, the latest first",
        responses={200: KeyOut(many=True), **problems(400)},
    )
    def get(self, request: Request) -> Response:
        return self.list(request)

    @extend_schema(
        operation_id="keys_create",
        tags=["auth"],
        summary="Make an API key",
        description="The key itself is in this answer only. It ends with the account's password, too.",
        request=KeyIn,
        responses={201: NewKeyOut, **problems(400, keys.TooManyKeys)},
    )
    def post(self, request: Request) -> Response:
        data = valid(KeyIn(data=request.data))
        key, text = keys.make(user=account_of(request), **data, now=timezone.now())
        made = NewKeyOut(key, context={"text": text}).data
        return created(made, at="api-key", args=[key.pk])


class KeyDetail(APIView):
    permission_classes = [SignedInOnly]

    @extend_schema(
        operation_id="keys_revoke",
        tags=["auth"],
        summary="Revoke an API key",
        responses={204: None, **problems(404)},
    )
    def delete(self, request: Request, pk: int) -> Response:
        keys.revoke(user=account_of(request), pk=pk, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


urlpatterns = [
    path("auth/keys", KeyList.as_view()),
    path("auth/keys/<id:pk>", KeyDetail.as_view(), name="api-key"),
]
