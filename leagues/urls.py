from django.urls import path

from leagues import views

app_name = "leagues"
urlpatterns = [
    path("leagues/", views.browse, name="list"),
    path("leagues/new/", views.create, name="create"),
    path("leagues/join/", views.join_by_code, name="join"),
    path("join/<str:code>/", views.invite, name="invite"),
    path("leagues/<int:pk>/join/", views.enter, name="enter"),
    path("leagues/<int:pk>/leave/", views.leave, name="leave"),
    path("leagues/<int:pk>/team/", views.team, name="team"),
    path("leagues/<int:pk>/settings/", views.settings, name="settings"),
    path("leagues/<int:pk>/members/remove/", views.remove, name="remove"),
    path("leagues/<int:pk>/members/invite-back/", views.invite_back, name="invite_back"),
    path("leagues/<int:pk>/managers/add/", views.add_manager, name="add_manager"),
    path("leagues/<int:pk>/managers/remove/", views.remove_manager, name="remove_manager"),
    path("leagues/<int:pk>/managers/hand-over/", views.hand_over, name="hand_over"),
    path("leagues/<int:pk>/delete/", views.delete, name="delete"),
]
