"""Practice against bots over the API."""

from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from drafts import mock, order
from drafts.api.constructors import PickIn
from drafts.errors import CannotDraft, DraftNotOpen, DriverNotEntered, DriverTaken, NoMockDraft, NotOnTheClock
from drafts.mock_board import teams_of
from drafts.models import MockDraft
from fantasy_f1.core import clock
from fantasy_f1.core.http import account_of, created
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import StrictSerializer, valid
from leagues.models import MAX_TEAMS, MIN_TEAMS, League
from races.models import Driver

# What goes in -----------------------------------------------------------------------------------


class MockDraftIn(StrictSerializer):
    example = {"teams": 4, "seat": 2, "method": "snake", "pick_seconds": 15}

    teams = serializers.IntegerField(
        min_value=MIN_TEAMS, max_value=MAX_TEAMS, required=False, help_text="8 by itself; two drivers each"
    )
    seat = serializers.IntegerField(
        min_value=1, max_value=MAX_TEAMS, required=False, help_text="Your place in the first round; drawn by itself"
    )
    method = serializers.ChoiceField(League.DraftMethod.choices, required=False)
    pick_seconds = serializers.IntegerField(
        min_value=mock.SECONDS[0], max_value=mock.SECONDS[1], required=False, help_text="15 by itself"
    )


# What comes out ---------------------------------------------------------------------------------


class MockTeamOut(serializers.Serializer[Any]):
    example = {"team_name": "Gravel Trap", "color": "#2f7de1"}

    seat = serializers.IntegerField(source="pk", help_text="Place in the first round")
    team_name = serializers.CharField()
    color = serializers.CharField()


class MockPickOut(serializers.Serializer[Any]):
    pick_number = serializers.IntegerField()
    round = serializers.IntegerField()
    seat = serializers.IntegerField()
    driver = serializers.IntegerField()
    is_auto = serializers.BooleanField(help_text="Your time was over: the best by price")


class MockTurnOut(serializers.Serializer[Any]):
    pick_number = serializers.IntegerField()
    seat = serializers.IntegerField()
    deadline = serializers.DateTimeField(help_text="When it is over by itself")


class MockDraftOut(serializers.Serializer[Any]):
    race = serializers.IntegerField()
    method = serializers.ChoiceField(League.DraftMethod.choices)
    pick_seconds = serializers.IntegerField()
    seat = serializers.IntegerField(help_text="Yours")
    teams = MockTeamOut(many=True)
    picks = MockPickOut(many=True)
    current_pick = MockTurnOut(allow_null=True, help_text="null: all is picked")


# Operations -------------------------------------------------------------------------------------


class MockDraftDetail(APIView):
    @extend_schema(
        operation_id="mock_draft_read",
        tags=["drafts"],
        summary="Your mock draft as it is now",
        responses={200: MockDraftOut, **problems(NoMockDraft)},
    )
    def get(self, request: Request) -> Response:
        row = MockDraft.objects.select_related("race").filter(user=account_of(request)).first()
        if row is None:
            raise NoMockDraft("You have no mock draft.")
        return _response(row)

    @extend_schema(
        operation_id="mock_draft_create",
        tags=["drafts"],
        summary="Begin a mock draft against bots for the coming race",
        description="In place of another one of yours. It counts nowhere, and is forgotten after a day.",
        request=MockDraftIn,
        responses={201: MockDraftOut, **problems(400, CannotDraft)},
    )
    def post(self, request: Request) -> Response:
        row = mock.start(user=account_of(request), now=clock.now(), **valid(MockDraftIn(data=request.data)))
        return created(_response(row).data, at="api-mock-draft")

    @extend_schema(
        operation_id="mock_draft_delete",
        tags=["drafts"],
        summary="End your mock draft",
        responses={204: None},
    )
    def delete(self, request: Request) -> Response:
        mock.end(user=account_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(
    operation_id="mock_draft_pick",
    tags=["drafts"],
    request=PickIn,
    responses={
        201: MockDraftOut,
        **problems(400, NoMockDraft, DraftNotOpen, NotOnTheClock, DriverNotEntered, DriverTaken),
    },
)
@api_view(["POST"])
def pick_view(request: Request) -> Response:
    """Take a driver in your mock draft, when it is your turn. Safe to repeat."""
    driver: Driver = valid(PickIn(data=request.data))["driver_id"]
    row = mock.pick(user=account_of(request), driver=driver, now=clock.now())
    return created(_response(row).data, at="api-mock-draft")


def _response(row: MockDraft) -> Response:
    done = mock.progress(row, mock.field(row), now=clock.now())
    turn = done.pick_number and {
        "pick_number": done.pick_number,
        "seat": mock.seat_of(row, done.pick_number),
        "deadline": done.due_at,
    }
    picks = [
        {
            "pick_number": number,
            "round": order.round_of(row.teams, number),
            "seat": mock.seat_of(row, number),
            "driver": driver,
            "is_auto": number in done.expired,
        }
        for number, driver in enumerate(done.driver_ids, start=1)
    ]
    whole = {
        "race": row.race_id,
        "method": row.method,
        "pick_seconds": row.pick_seconds,
        "seat": row.seat,
        "teams": teams_of(row).values(),
        "picks": picks,
        "current_pick": turn,
    }
    return Response(MockDraftOut(whole).data)


urlpatterns: list[URLPattern] = [
    path("mock-draft", MockDraftDetail.as_view(), name="api-mock-draft"),
    path("mock-draft/picks", pick_view),
]
