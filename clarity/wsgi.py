"""The WSGI application: granian or gunicorn serve `clarity.wsgi:application`."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clarity.settings")
application = get_wsgi_application()
