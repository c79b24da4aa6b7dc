from unittest import mock

import pytest
from rest_framework_simplejwt.tokens import RefreshToken

from accounts import tokens
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_rotate_lets_one_of_two_simultaneous_uses_through() -> None:
    refresh = tokens.issue(UserFactory())["refresh"]
    tokens.rotate(refresh)

    with mock.patch.object(RefreshToken, "check_blacklist"), pytest.raises(tokens.TokenNotValid):
        tokens.rotate(refresh)


def test_rotate_refuses_the_token_of_an_account_that_is_gone() -> None:
    user = UserFactory()
    refresh = tokens.issue(user)["refresh"]
    user.delete()

    with pytest.raises(tokens.TokenNotValid):
        tokens.rotate(refresh)
