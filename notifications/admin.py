"""Who was told what, to look at."""

from django.contrib import admin

from fantasy_f1.core.admin import ReadOnly
from notifications.models import Notification, ToldScore


@admin.register(Notification)
class NotificationAdmin(ReadOnly):
    list_display = ["created_at", "user", "type", "title", "is_read"]
    list_display_links = ["title"]
    list_filter = ["type", "is_read", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "title", "message"]
    date_hierarchy = "created_at"


@admin.register(ToldScore)
class ToldScoreAdmin(ReadOnly):
    list_display = ["run"]
    list_select_related = ["run__race", "run__rule_set"]
    search_fields = ["run__race__name"]
