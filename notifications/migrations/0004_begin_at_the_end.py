"""What happened before has been told in the old way."""

from django.db import migrations
from django.db.models import Max
from django.utils import timezone


def begin(apps, schema_editor):
    apps.get_model("notifications", "Notification").objects.update(is_routed=True)
    newest = apps.get_model("core", "EventLog").objects.aggregate(newest=Max("pk"))["newest"]
    if newest:
        apps.get_model("core", "LogPosition").objects.create(
            reader="notifications", position=newest, newest=newest, newest_at=timezone.now()
        )


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_log_readers"),
        ("notifications", "0003_ways_out"),
    ]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
