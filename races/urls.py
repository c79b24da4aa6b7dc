from django.urls import URLPattern, path

from races import views

app_name = "races"
urlpatterns: list[URLPattern] = [
    path("races/", views.calendar, name="calendar"),
    path("races/<int:pk>/", views.race, name="race"),
    path("drivers/", views.drivers, name="drivers"),
    path("drivers/<int:pk>/", views.driver, name="driver"),
]
