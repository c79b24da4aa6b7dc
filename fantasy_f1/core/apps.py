from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "fantasy_f1.core"
    label = "core"

    def ready(self) -> None:
        from celery import current_app

        from fantasy_f1.core import converters, telemetry, tracing  # need the settings

        converters.register()  # before the first route is made
        current_app.autodiscover_tasks(force=True)  # pages show and start tasks, too
        tracing.connect()
        telemetry.start()
