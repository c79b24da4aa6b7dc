from django.apps import AppConfig


class RacesConfig(AppConfig):
    name = "races"

    def ready(self) -> None:
        from fantasy_f1.core import clockwork
        from races import health

        clockwork.register(health.warnings)
