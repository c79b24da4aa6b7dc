from django.urls import path

from demo import views

app_name = "demo"
urlpatterns = [path("advance/", views.advance, name="advance")]
