"""Every address of the app."""

from django.contrib import admin
from django.http import Http404
from django.urls import include, path, re_path
from django.views import defaults

from fantasy_f1 import api, health, metrics, pages
from fantasy_f1.core.admin import admin_login

handler400 = "fantasy_f1.error_views.bad_request"
handler404 = "fantasy_f1.error_views.not_found"
handler500 = "fantasy_f1.error_views.server_error"

admin.site.site_header = admin.site.site_title = "Fantasy F1"
admin.site.index_title = "Administration"

urlpatterns = [
    path("health", health.live, name="health"),
    path("ready", health.ready, name="ready"),
    path("metrics", metrics.scrape, name="metrics"),
    path("", pages.home, name="home"),
    path("leagues/<id:pk>/", pages.league, name="league"),
    path("accounts/", include("accounts.urls")),
    path("", include("races.urls")),
    path("", include("leagues.urls")),
    path("", include("drafts.urls")),
    path("", include("scoring.urls")),
    path("", include("notifications.urls")),
    path("demo/", include("demo.urls")),
    path("api/v1/", include(api.v1)),
    path("api/", include(api.urlpatterns)),
    # Django's way to the page of any row of any model, known to the admin or not, is closed.
    re_path("^admin/r/", defaults.page_not_found, {"exception": Http404()}),
    path("admin/login/", admin_login),
    path("admin/", admin.site.urls),
]
