"""Users in the admin: passwords only as hashes, changed through Django's own form."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserCreationForm

from accounts.models import User


class NewUserForm(UserCreationForm):
    class Meta:
        model = User
        fields = ["username", "email"]


@admin.register(User)
class AccountAdmin(UserAdmin):
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
