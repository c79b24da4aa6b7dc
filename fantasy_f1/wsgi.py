"""The WSGI application: pages and API in production."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fantasy_f1.settings")

application = get_wsgi_application()
