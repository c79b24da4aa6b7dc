from io import BytesIO

import pytest

from fantasy_f1.wsgi import application


@pytest.mark.django_db
def test_it_answers() -> None:
    said: list[str] = []
    request = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/health",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "wsgi.input": BytesIO(),
    }

    body = b"".join(application(request, lambda status, headers: said.append(status)))

    assert (said, body) == (["200 OK"], b'{"status": "ok"}')
