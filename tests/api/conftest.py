"""A league, public and private, with everybody who may want something of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.api.table import LEAGUES
from tests.api.world import World, make_world


@pytest.fixture(scope="module", params=LEAGUES)
def world(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once; each test runs in a savepoint and leaves no trace."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world(private=request.param == "private")
        transaction.set_rollback(True)
