from django.urls import path

from scoring import views

app_name = "scoring"
urlpatterns = [
    path("leagues/<id:pk>/leaderboard/", views.leaderboard, name="leaderboard"),
    path("constructors/<id:pk>/", views.constructor, name="constructor"),
    path("rules/", views.rules, name="rules"),
]
