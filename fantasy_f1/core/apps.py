from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "fantasy_f1.core"
    label = "core"

    def ready(self) -> None:
        from fantasy_f1.core import converters, telemetry, tracing  # need the settings

        converters.register()  # before the first route is made
        tracing.connect()
        telemetry.start()
