from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "fantasy_f1.core"
    label = "core"
