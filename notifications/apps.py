from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from fantasy_f1.core import clockwork
        from notifications import bell, health, receivers

        clockwork.register(health.warnings)
        bell.connect()
        receivers.connect()
