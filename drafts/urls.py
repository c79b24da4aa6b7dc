from django.urls import path

from drafts.views import actions, calendars, mock, pages, room

app_name = "drafts"
ROOM = "leagues/<id:league_pk>/drafts/<id:race_pk>/"
urlpatterns = [
    path("leagues/<id:league_pk>/drafts/", pages.season, name="list"),
    path("leagues/<id:league_pk>/season-list/", pages.season_list, name="season_list"),
    path(ROOM, room.room, name="room"),
    path(f"{ROOM}replay/", pages.replay, name="replay"),
    path(f"{ROOM}order/", pages.proof, name="proof"),
    path(f"{ROOM}order/set/", actions.set_order, name="set_order"),
    path(f"{ROOM}open/", actions.initialize, name="initialize"),
    path(f"{ROOM}pick/", actions.pick, name="pick"),
    path(f"{ROOM}autopick/", actions.autopilot, name="autopilot"),
    path(f"{ROOM}autopick/for/", actions.autopick_for, name="autopick_for"),
    path(f"{ROOM}queue/", actions.queue, name="queue"),
    path(f"{ROOM}pause/", actions.pause, name="pause"),
    path(f"{ROOM}resume/", actions.resume, name="resume"),
    path(f"{ROOM}clock/", actions.set_clock, name="clock"),
    path(f"{ROOM}undo/", actions.undo, name="undo"),
    path(f"{ROOM}void/", actions.void, name="void"),
    path("mock/", mock.show, name="mock"),
    path("mock/start/", mock.start, name="mock_start"),
    path("mock/pick/", mock.pick, name="mock_pick"),
    path("mock/end/", mock.end, name="mock_end"),
    path("calendar/", calendars.show, name="calendars"),
    path("calendar/make/", calendars.make, name="make_calendar"),
    path("calendar/<id:pk>/renew/", calendars.renew, name="renew_calendar"),
    path("calendar/<id:pk>/revoke/", calendars.revoke, name="revoke_calendar"),
    path("calendar/<str:token>.ics", calendars.file, name="calendar_file"),
]
