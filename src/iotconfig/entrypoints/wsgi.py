"""The WSGI application, for any server: `gunicorn 'iotconfig.entrypoints.wsgi:create_app()'`, for example."""

from __future__ import annotations

import os
from typing import Any

import falcon

from . import wiring
from .settings import Settings


def create_app() -> falcon.App[Any, Any]:
    """The HTTP API, as the environment configures it. Raises `InvalidSetting`."""
    return wiring.create_app(Settings.from_environ(os.environ))
