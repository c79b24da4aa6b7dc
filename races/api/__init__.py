"""Formula 1's facts over the API, a module per concern."""

from races.api import drivers, races, results, seasons

urlpatterns = [*seasons.urlpatterns, *drivers.urlpatterns, *races.urlpatterns, *results.urlpatterns]
