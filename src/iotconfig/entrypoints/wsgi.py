"""The WSGI application, for any server: `gunicorn 'iotconfig.entrypoints.wsgi:create_app()'`, for example."""

from __future__ import annotations

import os
from typing import Any

import falcon

from .settings import Settings
from .wiring.application import app_of
from .wiring.observers import logged_access, observed


def create_app() -> falcon.App[Any, Any]:
    """The HTTP API, as the environment configures it. Raises `InvalidSetting`.

    The logger `iotconfig.access` logs each answer, in the format of the server's logs.
    """
    settings = Settings.from_environ(os.environ)
    settings.access.require_base_url()
    return app_of(settings, observed(settings, logged_access()))
