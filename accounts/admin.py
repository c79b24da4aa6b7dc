"""Users in the admin: passwords only as hashes, changed through Django's own form; tokens without what they open."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserCreationForm
from rest_framework_simplejwt.token_blacklist import admin as _  # noqa: F401 (registers what is unregistered below)
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.models import User
from fantasy_f1.core.admin import GuardedAdmin, ReadOnly


class NewUserForm(UserCreationForm):
    class Meta:
        model = User
        fields = ["username", "email"]


@admin.register(User)
class AccountAdmin(GuardedAdmin, UserAdmin):
    add_form = NewUserForm
    list_display = ["username", "email", "full_name", "is_active", "is_staff", "created_at"]
    list_filter = ["is_active", "is_staff", "is_superuser", "created_at"]
    search_fields = ["username", "email", "full_name"]
    ordering = ["username"]
    readonly_fields = ["created_at", "updated_at", "last_login"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Person", {"fields": ["full_name", "email", "time_zone"]}),
        ("Rights", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("Moments", {"fields": ["created_at", "updated_at", "last_login"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "email", "password1", "password2"]}),
    ]


admin.site.unregister([OutstandingToken, BlacklistedToken])  # pages of the library, which show the tokens themselves


@admin.register(OutstandingToken)
class TokenAdmin(ReadOnly):
    list_display = ["user", "created_at", "expires_at", "is_used_up"]
    list_select_related = ["user", "blacklistedtoken"]
    search_fields = ["user__username"]
    ordering = ["-created_at"]
    fields = ["user", "created_at", "expires_at", "is_used_up"]

    @admin.display(boolean=True, description="used or revoked")
    def is_used_up(self, token: OutstandingToken) -> bool:
        return hasattr(token, "blacklistedtoken")
