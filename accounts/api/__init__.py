"""Accounts over the API, a module per concern."""

from accounts.api import account, auth, keys, recovery, schemes, signins, users

__all__ = ["schemes", "urlpatterns"]  # importing the schemes registers them

urlpatterns = [
    *auth.urlpatterns,
    *recovery.urlpatterns,
    *keys.urlpatterns,
    *signins.urlpatterns,
    *account.urlpatterns,
    *users.urlpatterns,
]
