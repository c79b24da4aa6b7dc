"""Who you are."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.devices import device
from accounts.emails import normalize_email
from accounts.zones import validate_time_zone

username_validator = RegexValidator(
    r"^[A-Za-z0-9_.-]{3,30}\Z", "Use 3 to 30 letters, digits and the characters _ . - only."
)


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(username=username, email=normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(username, email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account. Usernames and e-mail addresses are unique without regard to case."""

    username = models.CharField(max_length=30, validators=[username_validator])
    email = models.EmailField(max_length=254)
    email_verified_at = models.DateTimeField(
        "e-mail confirmed",
        null=True,
        blank=True,
        default=timezone.now,
        help_text="Without it, where mails are sent, no leagues",
    )
    verification_sent_at = models.DateTimeField(null=True, editable=False)
    full_name = models.CharField(max_length=100, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    results_until = models.DateTimeField(null=True, blank=True, editable=False)
    """The spoiler shield: results of sessions that started later are hidden; without a moment, none is."""
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("may use the admin", default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    class Meta:
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(
                Lower("username"), name="username_taken_once", violation_error_message="This username is taken."
            ),
            models.UniqueConstraint(
                Lower("email"), name="email_used_once", violation_error_message="This e-mail address is in use."
            ),
            models.CheckConstraint(
                condition=Q(deleted_at=None) | Q(is_active=False),
                name="deleted_account_stays_closed",
                violation_error_message="A deleted account stays closed.",
            ),
        ]

    def __str__(self) -> str:
        return self.username

    def clean(self) -> None:
        super().clean()
        try:
            self.email = normalize_email(self.email)
        except ValidationError as error:
            raise ValidationError({"email": error.messages}) from error

    @property
    def display_name(self) -> str:
        return self.full_name or self.username

    @property
    def must_verify_email(self) -> bool:
        """Whether the account cannot play yet, because its address is still to be confirmed."""
        return settings.EMAIL_VERIFICATION and self.email_verified_at is None


class CredentialQuerySet(models.QuerySet["Credential"]):
    def of(self, user: User) -> Self:
        """Those of ``user`` that its present password has not ended."""
        return self.filter(user=user, password_stamp=user.get_session_auth_hash())

    def open(self, now: datetime) -> Self:
        return self.filter(models.Q(expires_at=None) | models.Q(expires_at__gt=now), ended_at=None)

    def over_since(self, moment: datetime) -> Self:
        return self.filter(models.Q(expires_at__lt=moment) | models.Q(ended_at__lt=moment))


class Credential(models.Model):
    """What lets somebody in as ``user``, until it expires, is ended, or the account gets another password.

    ``password_stamp`` is Django's hash for sessions of the password it was given under: whatever changes the password,
    be it a page or a command, all that was given before is void at once.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    password_stamp = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        abstract = True


class SignIn(Credential):
    """A browser's session, or the family of tokens that one login and its refreshes gave."""

    class Kind(models.TextChoices):
        BROWSER = "browser", "Browser"
        TOKEN = "token", "Token"

    kind = models.CharField(max_length=8, choices=Kind)
    # The key of the session; of a family, the id of the one refresh token that may be used next.
    key = models.CharField(max_length=40, unique=True, editable=False)
    user_agent = models.CharField(max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering = ["-last_used_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def device(self) -> str:
        return device(self.user_agent)


class ApiKey(Credential):
    """A key that a bot of ``user`` acts with. Its secret is stored as a hash only, and told once."""

    PREFIX = "ff1_"

    class Scope(models.TextChoices):
        READ = "read", "Read"
        WRITE = "write", "Read and write"

    name = models.CharField(max_length=50)
    public_id = models.CharField(max_length=12, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    scope = models.CharField(max_length=5, choices=Scope)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return self.name

    @property
    def prefix(self) -> str:
        """How its text begins, which may be shown."""
        return f"{self.PREFIX}{self.public_id}"


class EmailChange(models.Model):
    """An address that waits for being confirmed at both ends; at most one per account.

    Its links carry its key, so that those of an earlier wish lead nowhere once another one takes its place.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="email_change")
    email = models.EmailField(max_length=254)
    is_confirmed_by_old = models.BooleanField(default=False)
    is_confirmed_by_new = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} → {self.email}"


class SecondFactor(models.Model):
    """The secret that an account shares with an authenticator app (RFC 6238); in use from its first right code on.

    The secret is stored as it is, because the app computes codes from it; it is never shown again after the set-up.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    secret = models.CharField(max_length=64)
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0, help_text="Of the last code that was used: none works twice")

    def __str__(self) -> str:
        return f"second factor of {self.user_id}"


class RecoveryCode(models.Model):
    """Stands in for the authenticator app once; the row goes with its use."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_has_no_double")]

    def __str__(self) -> str:
        return f"recovery code of {self.user_id}"
