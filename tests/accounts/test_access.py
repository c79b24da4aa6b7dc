from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import access, keys, signins, tasks, tokens
from accounts.models import ApiKey, SignIn, User
from accounts.signins import Origin
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_clean_up_deletes_what_is_long_over_and_nothing_else() -> None:
    user, now = UserFactory(), timezone.now()
    old, older = now - timedelta(days=29), now - timedelta(days=31)

    def sign_in(**moments: object) -> int:
        tokens.issue(user=user, origin=Origin("", None), now=now)
        pk = SignIn.objects.latest("pk").pk
        SignIn.objects.filter(pk=pk).update(**moments)
        return pk

    def key(**moments: object) -> int:
        made, _ = keys.make(user=user, name="Bot", scope="read", now=now)
        ApiKey.objects.filter(pk=made.pk).update(**moments)
        return made.pk

    kept = [sign_in(), sign_in(ended_at=old), sign_in(expires_at=old)], [key(), key(ended_at=old), key(expires_at=old)]
    for make in (sign_in, key):
        make(ended_at=older)
        make(expires_at=older)

    tasks.clean_up()

    assert sorted(SignIn.objects.values_list("pk", flat=True)) == kept[0]
    assert sorted(ApiKey.objects.values_list("pk", flat=True)) == kept[1]


def test_clean_up_deletes_sessions_that_have_expired() -> None:
    for days in (-1, 1):
        client = Client()
        client.force_login(UserFactory())
        Session.objects.filter(pk=client.session.session_key).update(expire_date=timezone.now() + timedelta(days=days))

    access.clean_up(timezone.now())

    assert Session.objects.get().pk == client.session.session_key


def test_end_all_leaves_only_what_is_kept() -> None:
    user, now = UserFactory(), timezone.now()
    for _ in range(2):
        tokens.issue(user=user, origin=Origin("", None), now=now)
    keys.make(user=user, name="Bot", scope="read", now=now)
    kept = SignIn.objects.earliest("pk")

    access.end_all(user=user, keep=kept, now=now)

    assert (list(signins.of(user, now=now)), list(keys.of(user))) == ([kept], [])


def test_what_lets_somebody_in_is_told_from_what_does_not_in_two_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    now = timezone.now()

    def sign_in() -> SignIn:
        tokens.issue(user=UserFactory(), origin=Origin("", None), now=now)
        return SignIn.objects.latest("pk")

    def key() -> ApiKey:
        return keys.make(user=UserFactory(), name="Bot", scope="read", now=now)[0]

    good = {("sign-in", sign_in().pk), ("key", key().pk)}
    over, expired, renamed, closed, revoked = sign_in(), sign_in(), sign_in(), sign_in(), key()
    signins.end(user=over.user, pk=over.pk, now=now)
    SignIn.objects.filter(pk=expired.pk).update(expires_at=now)
    renamed.user.set_password("another password")
    renamed.user.save()
    User.objects.filter(pk=closed.user_id).update(is_active=False)
    keys.revoke(user=revoked.user, pk=revoked.pk, now=now)
    bad = {("sign-in", row.pk) for row in (over, expired, renamed, closed)} | {("key", revoked.pk), ("sign-in", 0)}

    with django_assert_num_queries(2):
        still_open = access.still_open(good | bad)

    assert still_open == good
