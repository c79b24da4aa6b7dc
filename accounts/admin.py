"""Users in the admin: passwords only as hashes, changed through Django's own form; sign-ins and keys without what
they are known by.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserCreationForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts import access, closing, second_factor
from accounts.models import ApiKey, SignIn, User
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
    readonly_fields = ["created_at", "updated_at", "last_login", "deleted_at", "has_second_factor"]
    actions = ["reactivate", "reset_second_factor"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Person", {"fields": ["full_name", "email", "email_verified_at", "time_zone", "has_second_factor"]}),
        ("Rights", {"fields": ["is_active", "is_staff", "is_superuser", "user_permissions"]}),
        ("Moments", {"fields": ["created_at", "updated_at", "last_login", "deleted_at"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "email", "password1", "password2"]}),
    ]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not obj.is_active:  # also when it is opened again, nobody is in
            access.end_all(user=obj, now=timezone.now())

    @admin.display(boolean=True, description="second factor")
    def has_second_factor(self, user: User) -> bool:
        return second_factor.is_on(user)

    @admin.action(description="Open closed accounts again", permissions=["change"])
    def reactivate(self, request: HttpRequest, users: "QuerySet[User]") -> None:
        """Those that were deleted stay closed."""
        for user in users:
            closing.reactivate(user=user)
        self.message_user(request, "The accounts are open, but for those that were deleted.")

    @admin.action(description="Switch the second factor off", permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, users: "QuerySet[User]") -> None:
        """For who lost the phone and the recovery codes; make sure that it is them who ask."""
        for user in users:
            second_factor.switch_off(user=user)
        self.message_user(request, "The second factor is off: logging in takes the password alone.")


@admin.register(SignIn)
class SignInAdmin(ReadOnly):
    list_display = ["user", "kind", "created_at", "last_used_at", "ended_at", "address", "user_agent"]
    list_filter = ["kind", "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "address"]
    fields = ["user", "kind", "created_at", "last_used_at", "expires_at", "ended_at", "address", "user_agent"]


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly):
    list_display = ["user", "name", "scope", "created_at", "last_used_at", "ended_at"]
    list_filter = ["scope", "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "name"]
    fields = ["user", "name", "public_id", "scope", "created_at", "last_used_at", "expires_at", "ended_at"]
