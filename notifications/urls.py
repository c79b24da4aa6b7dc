from django.urls import path

from notifications import settings_views, views
from notifications.webhooks import urls as webhooks

app_name = "notifications"
urlpatterns = [
    path("notifications/", views.index, name="list"),
    path("notifications/bell/", views.bell, name="bell"),
    path("notifications/read/", views.read_all, name="read_all"),
    path("notifications/<id:pk>/", views.follow, name="follow"),
    path("notifications/<id:pk>/read/", views.read, name="read"),
    *webhooks.urlpatterns,
    path("notifications/settings/", settings_views.index, name="settings"),
    path("notifications/browsers/", settings_views.add_browser, name="add_browser"),
    path("notifications/browsers/renew/", settings_views.renew_browser, name="renew_browser"),
    path("notifications/browsers/<id:pk>/remove/", settings_views.remove_browser, name="remove_browser"),
    path("notifications/unsubscribe/<token>/", settings_views.unsubscribe_page, name="unsubscribe"),
    path("sw.js", settings_views.service_worker, name="service_worker"),
    path("app.webmanifest", settings_views.manifest, name="manifest"),
]
