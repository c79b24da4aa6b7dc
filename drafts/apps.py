from django.apps import AppConfig


class DraftsConfig(AppConfig):
    name = "drafts"

    def ready(self) -> None:
        from drafts import feed, receivers

        receivers.connect()
        feed.connect()
