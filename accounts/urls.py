from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts import access_views, profile_views, views

app_name = "accounts"
urlpatterns = [
    path("register/", views.register, name="register"),
    path("login/", views.Login.as_view(), name="login"),
    path("login/code/", views.login_code, name="login_code"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("access/", access_views.access, name="access"),
    path("access/sign-ins/end/", access_views.end_others, name="end_other_sign_ins"),
    path("access/sign-ins/<id:pk>/end/", access_views.end_sign_in, name="end_sign_in"),
    path("access/keys/<id:pk>/revoke/", access_views.revoke_key, name="revoke_key"),
    path("password/", views.password_change, name="password_change"),
    path("password/reset/", views.password_reset, name="password_reset"),
    path("password/reset/sent/", views.password_reset_done, name="password_reset_done"),
    path("password/reset/<uidb64>/<token>/", views.PasswordResetConfirm.as_view(), name="password_reset_confirm"),
    path("password/reset/done/", views.password_reset_complete, name="password_reset_complete"),
    path("profile/", profile_views.profile, name="profile"),
    path("results/hide/", profile_views.hide_results, name="hide_results"),
    path("results/show/", profile_views.show_results, name="show_results"),
    path("results/reveal/", profile_views.reveal_results, name="reveal_results"),
    path("email/", profile_views.email, name="email"),
    path("email/verify/", profile_views.send_verification, name="send_verification"),
    path("email/verify/<token>/", profile_views.verify, name="verify"),
    path("email/confirm/<token>/", profile_views.email_confirm, name="email_confirm"),
    path("second-factor/", profile_views.second_factor_page, name="second_factor"),
    path("second-factor/set-up/", profile_views.second_factor_begin, name="second_factor_begin"),
    path("second-factor/confirm/", profile_views.second_factor_confirm, name="second_factor_confirm"),
    path("second-factor/off/", profile_views.second_factor_disable, name="second_factor_disable"),
    path("export/", profile_views.export_file, name="export"),
    path("close/", profile_views.close, name="close"),
    path("close/for-now/", profile_views.deactivate, name="deactivate"),
    path("close/for-good/", profile_views.delete, name="delete"),
]
