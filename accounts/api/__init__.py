"""Accounts over the API, a module per concern."""

from accounts.api import auth, keys, schemes, signins, users

__all__ = ["schemes", "urlpatterns"]  # importing the schemes registers them

urlpatterns = [*auth.urlpatterns, *keys.urlpatterns, *signins.urlpatterns, *users.urlpatterns]
