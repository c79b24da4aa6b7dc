"""Drafts over the API, a module per concern."""

from drafts.api import calendars, constructors, control, drafts, events, mock

urlpatterns = [
    *drafts.urlpatterns,
    *control.urlpatterns,
    *events.urlpatterns,
    *constructors.urlpatterns,
    *mock.urlpatterns,
    *calendars.urlpatterns,
]
