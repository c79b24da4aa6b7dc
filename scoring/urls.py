from django.urls import path

from scoring import views

app_name = "scoring"
urlpatterns = [
    path("leagues/<int:pk>/leaderboard/", views.leaderboard, name="leaderboard"),
    path("constructors/<int:pk>/", views.constructor, name="constructor"),
    path("rules/", views.rules, name="rules"),
]
