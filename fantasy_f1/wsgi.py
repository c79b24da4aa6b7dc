"""The WSGI application: pages and API in production."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from fantasy_f1.core.intake import Message, from_wsgi

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fantasy_f1.settings")

_django = get_wsgi_application()


def application(environ: Message, start_response: Callable[..., Any]) -> Iterable[bytes]:
    return _django(from_wsgi(environ), start_response)
