"""Every address of the app."""

from django.contrib import admin
from django.urls import include, path

from fantasy_f1 import api, pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("accounts/", include("accounts.urls")),
    path("", include("races.urls")),
    path("", include("leagues.urls")),
    path("", include("drafts.urls")),
    path("", include("scoring.urls")),
    path("", include("notifications.urls")),
    path("demo/", include("demo.urls")),
    path("api/v1/", include(api.v1)),
    path("api/", include(api.urlpatterns)),
    path("admin/", admin.site.urls),
]
