"""Accounts over the API, a module per concern."""

from accounts.api import auth, users

urlpatterns = [*auth.urlpatterns, *users.urlpatterns]
