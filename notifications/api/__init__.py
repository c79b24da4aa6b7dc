"""Notifications over the API, a module per concern."""

from notifications.api import browsers, notifications, preferences

urlpatterns = [*notifications.urlpatterns, *preferences.urlpatterns, *browsers.urlpatterns]
