"""One's own calendar feeds over the API."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from drafts import calendars
from drafts.models import CalendarFeed
from fantasy_f1.core import clock
from fantasy_f1.core.http import account_of, created
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import IdField, StrictSerializer, valid
from leagues.models import League


class CalendarFeedIn(StrictSerializer):
    league = IdField(required=False, allow_null=True, help_text="One that you play in; null or left out: all of them")


class CalendarFeedOut(serializers.ModelSerializer[CalendarFeed]):
    example = {"address": "https://f1.example.com/calendar/-shortened-.ics"}

    address = serializers.SerializerMethodField()
    league = serializers.IntegerField(source="league_id", allow_null=True, help_text="null: all leagues")

    class Meta:
        model = CalendarFeed
        fields = ["id", "league", "address", "created_at"]

    def get_address(self, feed: CalendarFeed) -> str:
        """Of the iCalendar file. Whoever knows it reads the feed, without signing in."""
        return calendars.address(feed)


class CalendarFeedList(ListAPIView[CalendarFeed]):
    serializer_class = CalendarFeedOut
    queryset = CalendarFeed.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[CalendarFeed]:
        return calendars.feeds_of(account_of(self.request))

    @extend_schema(
        operation_id="calendar_feeds_list",
        tags=["calendar"],
        summary="One's own calendar feeds",
        responses={200: CalendarFeedOut(many=True), **problems(400)},
    )
    def get(self, request: Request) -> Response:
        return self.list(request)

    @extend_schema(
        operation_id="calendar_feeds_create",
        tags=["calendar"],
        summary="Make a calendar feed of a league, or of all leagues",
        description="One that stands keeps its address and is answered again (200).",
        request=CalendarFeedIn,
        responses={200: CalendarFeedOut, 201: CalendarFeedOut, **problems(400, 404, calendars.NotPlaying)},
    )
    def post(self, request: Request) -> Response:
        user, pk = account_of(request), valid(CalendarFeedIn(data=request.data)).get("league")
        league = get_object_or_404(League.objects.visible_to(user), pk=pk) if pk else None
        feed, is_new = calendars.make_feed(user=user, league=league, now=clock.now())
        data = CalendarFeedOut(feed).data
        return created(data, at="api-calendar-feed", args=[feed.pk]) if is_new else Response(data)


class CalendarFeedDetail(APIView):
    @extend_schema(
        operation_id="calendar_feeds_delete",
        tags=["calendar"],
        summary="End a calendar feed",
        description="Its address is a 404 from then on.",
        responses={204: None, **problems(404)},
    )
    def delete(self, request: Request, pk: int) -> Response:
        get_object_or_404(CalendarFeed, pk=pk, user=account_of(request)).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(
    operation_id="calendar_feeds_renew",
    tags=["calendar"],
    summary="Give a calendar feed another address",
    description="The old one is a 404 from then on.",
    request=None,
    responses={200: CalendarFeedOut, **problems(404)},
)
@api_view(["POST"])
def renew_view(request: Request, pk: int) -> Response:
    feed = get_object_or_404(CalendarFeed, pk=pk, user=account_of(request))
    return Response(CalendarFeedOut(calendars.renew_feed(feed, now=clock.now())).data)


urlpatterns: list[URLPattern] = [
    path("calendar-feeds", CalendarFeedList.as_view()),
    path("calendar-feeds/<id:pk>", CalendarFeedDetail.as_view(), name="api-calendar-feed"),
    path("calendar-feeds/<id:pk>/renew", renew_view),
]
