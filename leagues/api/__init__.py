"""Leagues over the API, a module per concern."""

from leagues.api import leagues, members

urlpatterns = [*leagues.urlpatterns, *members.urlpatterns]
