"""Views that refuse and fail in every way, for the tests of what the app makes of it."""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from rest_framework import exceptions, serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from fantasy_f1 import urls
from fantasy_f1.core.errors import DomainError, Invalid, NotAllowed
from fantasy_f1.core.ratelimit import RateLimited
from fantasy_f1.core.serializers import StrictSerializer


class GridFull(DomainError):
    code = "grid_full"


class Input(StrictSerializer):
    name = serializers.CharField()
    number = serializers.IntegerField(required=False, min_value=1)
    id = serializers.IntegerField(read_only=True)


ERRORS: dict[str, Exception] = {
    "rule": GridFull("The grid is full."),
    "field": Invalid("Too long.", field="name"),
    "not-allowed": NotAllowed("This is not yours."),
    "too-often": RateLimited(40),
    "missing": Http404("secret detail"),
    "denied": PermissionDenied("secret detail"),
    "not-signed-in": exceptions.NotAuthenticated(),
    "bad-token": exceptions.AuthenticationFailed("Token is expired.", "token_expired"),
    "slow-down": exceptions.Throttled(wait=3),
    "list": exceptions.ValidationError(["Nothing was right."]),
    "items": exceptions.ValidationError(
        {"order": {0: ["No number."], 2: ["Too small.", "Too odd."]}, "name": "Taken."}
    ),
    "too-large": RequestDataTooBig(),
    "bug": RuntimeError("a bug"),
}


def page(request: HttpRequest, name: str) -> HttpResponse:
    raise ERRORS[name]


@api_view(["GET", "POST"])
@permission_classes([AllowAny])
def api(request: Request, name: str) -> Response:
    raise ERRORS[name]


@api_view(["POST"])
@permission_classes([AllowAny])
def echo(request: Request) -> Response:
    given = Input(data=request.data)
    given.is_valid(raise_exception=True)
    return Response(given.validated_data)


handler400, handler404, handler500 = urls.handler400, urls.handler404, urls.handler500
urlpatterns: list[Any] = [
    path("pages/<name>", page),
    path("api/errors/<name>", api),
    path("api/echo", echo),
    *urls.urlpatterns,
]
