from django.urls import path

from drafts import mock_views, views

app_name = "drafts"
ROOM = "leagues/<id:league_pk>/drafts/<id:race_pk>/"
urlpatterns = [
    path("leagues/<id:league_pk>/drafts/", views.season, name="list"),
    path("leagues/<id:league_pk>/season-list/", views.season_list, name="season_list"),
    path(ROOM, views.room, name="room"),
    path(f"{ROOM}replay/", views.replay, name="replay"),
    path(f"{ROOM}order/", views.proof, name="proof"),
    path(f"{ROOM}order/set/", views.set_order, name="set_order"),
    path(f"{ROOM}open/", views.initialize, name="initialize"),
    path(f"{ROOM}pick/", views.pick, name="pick"),
    path(f"{ROOM}autopick/", views.autopilot, name="autopilot"),
    path(f"{ROOM}autopick/for/", views.autopick_for, name="autopick_for"),
    path(f"{ROOM}queue/", views.queue, name="queue"),
    path(f"{ROOM}pause/", views.pause, name="pause"),
    path(f"{ROOM}resume/", views.resume, name="resume"),
    path(f"{ROOM}clock/", views.set_clock, name="clock"),
    path(f"{ROOM}undo/", views.undo, name="undo"),
    path(f"{ROOM}void/", views.void, name="void"),
    path("mock/", mock_views.show, name="mock"),
    path("mock/start/", mock_views.start, name="mock_start"),
    path("mock/pick/", mock_views.pick, name="mock_pick"),
    path("mock/end/", mock_views.end, name="mock_end"),
]
