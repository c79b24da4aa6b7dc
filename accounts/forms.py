"""The forms of the account pages. Rules are in ``signup``; here only what a browser needs to ask well."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.core.validators import MaxLengthValidator

from accounts.identity import MAX_PASSWORD
from accounts.limits import account_key
from accounts.models import ApiKey, username_validator
from accounts.zones import find_time_zones, time_zones, validate_time_zone
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.ratelimit import RateLimited, limit_auth

AS_TYPED = {"autocapitalize": "none", "spellcheck": "false"}
WHAT_IS_LONG_ENOUGH = "At least 10 characters; a short sentence is good."


def limit_password(field: forms.Field) -> None:
    """Hashing stays cheap, whatever is sent."""
    field.validators.append(MaxLengthValidator(MAX_PASSWORD))
    field.widget.attrs["maxlength"] = MAX_PASSWORD


class TimeZoneField(forms.CharField):
    """A time zone, by its name or that of a city; its suggestions are the ``zones`` in a list called time-zones."""

    widget = forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"})
    zones = staticmethod(time_zones)

    def clean(self, value: str | None) -> str:
        given: str = super().clean(value)
        found = find_time_zones(given)
        if len(found) > 1:
            raise forms.ValidationError(f"There are several places of that name: {', '.join(found)}.")
        if not found:
            validate_time_zone(given)  # says what is wrong
        return found[0]


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
        widget=forms.TextInput(attrs=AS_TYPED | {"autocomplete": "username"}),
    )
    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    full_name = forms.CharField(
        label="Name", max_length=100, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        max_length=MAX_PASSWORD,
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
        limit_password(self.fields["password"])

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


class NewPasswordForm(RefusableForm, SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = WHAT_IS_LONG_ENOUGH
        for field in self.fields.values():
            limit_password(field)


class ForgottenPasswordForm(RefusableForm):
    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))


class RevealForm(forms.Form):
    until = forms.DateTimeField()


class ProfileForm(RefusableForm):
    full_name = forms.CharField(
        label="Name",
        max_length=100,
        required=False,
        help_text="Shown instead of your username.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    time_zone = TimeZoneField(max_length=64, help_text="Type a city, such as Berlin. All times are shown in this zone.")


class PasswordForm(RefusableForm):
    """Asks for the password again."""

    current_password = forms.CharField(
        label="Your password",
        max_length=MAX_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class ChangePasswordForm(PasswordForm, NewPasswordForm):
    field_order = ["current_password", "new_password1", "new_password2"]


class ProofForm(PasswordForm):
    """The same, and the second factor of whoever has one."""

    otp = forms.CharField(
        label="Code",
        max_length=32,
        help_text="Of your authenticator app, or a recovery code.",
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def __init__(self, *args: Any, has_second_factor: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_second_factor:
            del self.fields["otp"]

    def proof(self) -> dict[str, str]:
        """``password`` and ``otp``, for the commands that ask for them."""
        return {"password": self.cleaned_data["current_password"], "otp": self.cleaned_data.get("otp", "")}


class CodeForm(RefusableForm):
    otp = forms.CharField(
        label="Code",
        max_length=32,
        widget=forms.TextInput(attrs=AS_TYPED | {"autocomplete": "one-time-code", "autofocus": True}),
    )


class EmailForm(PasswordForm):
    email = forms.EmailField(
        label="New e-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    field_order = ["email", "current_password"]
