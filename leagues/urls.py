from django.urls import path

from leagues import chat_views, views

app_name = "leagues"
urlpatterns = [
    path("leagues/", views.browse, name="list"),
    path("leagues/new/", views.create, name="create"),
    path("leagues/join/", views.join_by_code, name="join"),
    path("join/<code:code>/", views.invite, name="invite"),
    path("leagues/<id:pk>/join/", views.enter, name="enter"),
    path("leagues/<id:pk>/leave/", views.leave, name="leave"),
    path("leagues/<id:pk>/team/", views.team, name="team"),
    path("leagues/<id:pk>/settings/", views.settings, name="settings"),
    path("leagues/<id:pk>/members/remove/", views.remove, name="remove"),
    path("leagues/<id:pk>/members/invite-back/", views.invite_back, name="invite_back"),
    path("leagues/<id:pk>/members/offer/", views.offer, name="offer"),
    path("leagues/<id:pk>/members/withdraw-offer/", views.withdraw_offer, name="withdraw_offer"),
    path("leagues/<id:pk>/code/", views.renew_code, name="renew_code"),
    path("leagues/<id:pk>/managers/add/", views.add_manager, name="add_manager"),
    path("leagues/<id:pk>/managers/remove/", views.remove_manager, name="remove_manager"),
    path("leagues/<id:pk>/managers/hand-over/", views.hand_over, name="hand_over"),
    path("leagues/<id:pk>/chat/", chat_views.show, name="chat"),
    path("leagues/<id:pk>/chat/remove/", chat_views.remove, name="chat_remove"),
    path("leagues/<id:pk>/chat/mute/", chat_views.mute, name="chat_mute"),
    path("leagues/<id:pk>/delete/", views.delete, name="delete"),
]
