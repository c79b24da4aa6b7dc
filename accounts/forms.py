"""The forms of the account pages. Rules are in ``signup``; here only what a browser needs to ask well."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, PasswordResetForm, SetPasswordForm

from accounts.limits import account_key
from accounts.models import ApiKey, username_validator
from accounts.zones import find_time_zones, time_zones, validate_time_zone
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.ratelimit import RateLimited, limit_auth

WHAT_IS_LONG_ENOUGH = "At least 10 characters; a short sentence is good."


class RefusableForm(forms.Form):
    """A form that can show what a rule had against its values."""

    refusal: DomainError | None = None

    def refuse(self, error: DomainError) -> None:
        self.refusal = error
        self.add_error(error.field if error.field in self.fields else None, error.message)


class RegisterForm(RefusableForm):
    username = forms.CharField(
        min_length=3,
        max_length=30,
        validators=[username_validator],
        help_text="3 to 30 letters, digits or _ . -, seen by the others in your leagues.",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    full_name = forms.CharField(
        label="Name", max_length=100, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        max_length=128,
        strip=False,
        help_text=WHAT_IS_LONG_ENOUGH,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class KeyForm(RefusableForm):
    name = forms.CharField(max_length=50, help_text="What it is for, such as “Draft bot”.")
    scope = forms.ChoiceField(
        label="It may", choices=[(ApiKey.Scope.READ, "Read only"), (ApiKey.Scope.WRITE, "Read, and act for you")]
    )
    days = forms.TypedChoiceField(
        label="Expires",
        choices=[(30, "In 30 days"), (90, "In 90 days"), (365, "In a year"), (0, "Never")],
        coerce=int,
        initial=90,
    )


class LoginForm(RefusableForm, AuthenticationForm):
    error_messages = {
        "invalid_login": "Username and password do not fit together. Mind upper and lower case in the password.",
        "inactive": "This account is closed.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Username or e-mail"
        self.fields["username"].widget.attrs["maxlength"] = 254

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username")
        if name and self.cleaned_data.get("password"):
            assert self.request is not None
            try:
                limit_auth(self.request, account=account_key(name))
            except RateLimited as error:
                self.refuse(error)
                return self.cleaned_data
        return super().clean()


class NewPasswordForm(SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = WHAT_IS_LONG_ENOUGH


class ChangePasswordForm(NewPasswordForm, PasswordChangeForm):
    pass


class ForgottenPasswordForm(RefusableForm, PasswordResetForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail"


class ProfileForm(RefusableForm):
    full_name = forms.CharField(
        label="Name",
        max_length=100,
        required=False,
        help_text="Shown instead of your username.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    time_zone = forms.CharField(
        max_length=64,
        help_text="Type a city, such as Berlin. All times are shown in this zone.",
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"}),
    )

    zones = time_zones

    def clean_time_zone(self) -> str:
        given: str = self.cleaned_data["time_zone"]
        found = find_time_zones(given)
        if len(found) > 1:
            raise forms.ValidationError(f"There are several places of that name: {', '.join(found)}.")
        if not found:
            validate_time_zone(given)  # says what is wrong
        return found[0]
