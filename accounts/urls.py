from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts import access_views, views

app_name = "accounts"
urlpatterns = [
    path("register/", views.register, name="register"),
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("profile/", views.profile, name="profile"),
    path("access/", access_views.access, name="access"),
    path("access/sign-ins/end/", access_views.end_others, name="end_other_sign_ins"),
    path("access/sign-ins/<id:pk>/end/", access_views.end_sign_in, name="end_sign_in"),
    path("access/keys/<id:pk>/revoke/", access_views.revoke_key, name="revoke_key"),
    path("password/", views.PasswordChange.as_view(), name="password_change"),
    path("password/reset/", views.password_reset, name="password_reset"),
    path("password/reset/sent/", views.password_reset_done, name="password_reset_done"),
    path("password/reset/<uidb64>/<token>/", views.PasswordResetConfirm.as_view(), name="password_reset_confirm"),
    path("password/reset/done/", views.password_reset_complete, name="password_reset_complete"),
]
