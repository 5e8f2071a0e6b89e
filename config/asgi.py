"""The application for another ASGI server than `serve`'s; it must speak the lifespan protocol."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings

from config.composition import build
from config.lifespan import WithLifespan

application = WithLifespan(build(settings.PARLEY), settings.PARLEY.server.drain_s)
