"""What happened in a draft, as server-sent events."""

from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes, renderer_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from drafts import feed
from drafts.api.drafts import visible_draft
from fantasy_f1.core import live
from fantasy_f1.core.live import Stream
from fantasy_f1.core.pagination import refuse_unknown
from fantasy_f1.core.renderers import EventStreamRenderer
from fantasy_f1.core.schema import problems
from leagues.models import League

EVENT_ID = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
EVENTS_EXAMPLE = """retry: 5000

id: 2
event: draft_opened
data: {"at": "2026-07-22T09:00:00Z", "by": null, "draft_id": 7, "order": [3, 1, 2], "seed": "5f3a", "reason": "",
data: "current_pick": {"pick_number": 1, "round": 1, "constructor": 3, "deadline": "2026-07-22T17:00:00+00:00"}}

id: 3
event: pick_made
data: {"at": "2026-07-22T09:04:10Z", "by": {"id": 4, "username": "ana"}, "draft_id": 7, "pick_number": 1,
data: "constructor_id": 3, "driver_id": 12, "source": "player", "reason": "",
data: "current_pick": {"pick_number": 2, "round": 1, "constructor": 1, "deadline": "2026-07-22T17:04:10+00:00"}}

"""


class EventsQuery(serializers.Serializer[Any]):
    after = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)


@extend_schema(
    operation_id="drafts_events",
    tags=["drafts"],
    summary="What happened in a draft, as server-sent events",
    description=(
        "The draft's log for whoever may see the draft. Each event has the draft's version as its `id`, its kind as "
        "`event` and a JSON object as `data`: `at`, `by` (id and username of who did it, or null), `current_pick` (the "
        "turn that comes after it: `pick_number`, `round`, `constructor` and `deadline`, which is null in a pause and "
        "without a clock; or null where nobody is to pick) and what belongs to the kind.\n\n"
        "The answer stays open: what happens is sent at once, after all that a client missed, and a comment every "
        "15 seconds where there is nothing. It ends when the viewer may not see the draft any more and when the server "
        "stops; a server without open streams ends it after what there is, at most "
        f"{feed.BATCH} events. An `EventSource` comes back by itself after the time that `retry` gives, and goes on "
        "after the last event it got; other clients send its `id` as `Last-Event-ID` or `after`. Nothing is lost, and "
        "nothing comes twice.\n\n"
        "Two kinds have no `id`, because nobody needs to catch up with them: `presence` tells who of the league is "
        "here (`here`: ids of users), on coming and whenever that changes; `chat`, that somebody said something in the "
        "league's chat.\n\n"
        f"Kinds: {', '.join(f'`{kind}`' for kind in feed.KINDS.values())}."
    ),
    parameters=[
        OpenApiParameter("after", EVENT_ID, description="Only events after the one with this id"),
        OpenApiParameter(
            "Last-Event-ID",
            EVENT_ID,
            location=OpenApiParameter.HEADER,
            description="The same, and counts before `after`",
        ),
    ],
    responses={
        (200, EventStreamRenderer.media_type): OpenApiResponse(
            OpenApiTypes.STR,
            description="Events, the oldest first",
            examples=[OpenApiExample("Two events", value=EVENTS_EXAMPLE, media_type=EventStreamRenderer.media_type)],
        ),
        **problems(400, 404),
    },
)
@api_view(["GET", "HEAD"])
@permission_classes([AllowAny])
@renderer_classes([EventStreamRenderer])
def events_view(request: Request, league_pk: int, race_pk: int) -> Response:
    draft = visible_draft(request, league_pk, race_pk)
    after = request.headers.get("Last-Event-ID") or request.query_params.get("after", "0")
    query = EventsQuery(data={"after": after})
    refuse_unknown(request, query.fields)
    query.is_valid(raise_exception=True)
    after = min(query.validated_data["after"], draft.version)
    messages = feed.messages_after(draft.pk, after)
    stream = Stream(
        draft.topic,
        after=messages[-1][0] if messages else after,
        also=(f"league:{draft.league_id}",),
        viewer=request.user.pk,
        credential=access.credential_of(request),
        belongs=League.objects.of(request.user).filter(pk=draft.league_id).exists(),
    )
    body = feed.body(messages, is_open=live.hold_open(request._request, stream))
    return Response(body, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


urlpatterns: list[URLPattern] = [
    path("leagues/<id:league_pk>/drafts/<id:race_pk>/events", events_view),
]
