from django.urls import path

from notifications import views
from notifications.webhooks import urls as webhooks

app_name = "notifications"
urlpatterns = [
    path("notifications/", views.index, name="list"),
    path("notifications/bell/", views.bell, name="bell"),
    path("notifications/read/", views.read_all, name="read_all"),
    path("notifications/<id:pk>/", views.follow, name="follow"),
    path("notifications/<id:pk>/read/", views.read, name="read"),
    *webhooks.urlpatterns,
]
