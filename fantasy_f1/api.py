"""The JSON API: every app's part of it, its description and its pages."""

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularAPIView

import accounts.api
import drafts.api
import leagues.api
import notifications.api
import races.api
import scoring.api

v1: list[URLPattern | URLResolver] = [
    *accounts.api.urlpatterns,
    *races.api.urlpatterns,
    *leagues.api.urlpatterns,
    *drafts.api.urlpatterns,
    *scoring.api.urlpatterns,
    *notifications.api.urlpatterns,
]
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
]
