"""Fields that several operations take."""

from typing import Any

from rest_framework import serializers

from accounts.identity import MAX_PASSWORD


class PasswordField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_PASSWORD, trim_whitespace=False, write_only=True, **kwargs)


class OtpField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=32, write_only=True, **kwargs)
