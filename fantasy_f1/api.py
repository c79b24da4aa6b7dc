"""The JSON API: every app's part of it, its description and its pages."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

import accounts.api
import drafts.api
import leagues.api
import notifications.api
import notifications.webhooks.api
import races.api
import scoring.api
from fantasy_f1.core.http import for_all

v1: list[URLPattern | URLResolver] = [
    *accounts.api.urlpatterns,
    *races.api.urlpatterns,
    *leagues.api.urlpatterns,
    *drafts.api.urlpatterns,
    *scoring.api.urlpatterns,
    *notifications.api.urlpatterns,
    *notifications.webhooks.api.urlpatterns,
]
viewer = SpectacularSwaggerSplitView.as_view(url_name="schema")
# The viewer writes style attributes; its scripts come from files of ours, so that only styles are let in.
docs = require_safe(csp_update({"style-src": [SELF, UNSAFE_INLINE]})(viewer))
urlpatterns = [
    path("schema/", for_all(SpectacularAPIView.as_view()), name="schema"),
    path("docs/", docs, name="api-docs"),
]
