"""Drafts over the API, a module per concern."""

from drafts.api import constructors, control, drafts, events

urlpatterns = [*drafts.urlpatterns, *control.urlpatterns, *events.urlpatterns, *constructors.urlpatterns]
