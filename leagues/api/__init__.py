"""Leagues over the API, a module per concern."""

from leagues.api import chat, leagues, members

urlpatterns = [*leagues.urlpatterns, *members.urlpatterns, *chat.urlpatterns]
