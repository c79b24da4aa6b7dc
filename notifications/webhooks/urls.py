from django.urls import path

from notifications.webhooks import views

urlpatterns = [
    path("webhooks/", views.of_user, name="webhooks"),
    path("leagues/<id:pk>/webhooks/", views.of_league, name="league_webhooks"),
    path("webhooks/<id:pk>/", views.show, name="webhook"),
    path("webhooks/<id:pk>/test/", views.test, name="webhook_test"),
    path("webhooks/<id:pk>/secret/", views.rotate_secret, name="webhook_secret"),
    path("webhooks/<id:pk>/switch/", views.switch, name="webhook_switch"),
    path("webhooks/<id:pk>/remove/", views.remove, name="webhook_remove"),
    path("webhooks/<id:pk>/posts/<id:post_pk>/again/", views.send_again, name="webhook_again"),
]
