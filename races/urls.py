from django.urls import URLPattern, path

from races import views

app_name = "races"
urlpatterns: list[URLPattern] = [
    path("races/", views.calendar, name="calendar"),
    path("races/<id:pk>/", views.race, name="race"),
    path("drivers/", views.drivers, name="drivers"),
    path("drivers/<id:pk>/", views.driver, name="driver"),
]
