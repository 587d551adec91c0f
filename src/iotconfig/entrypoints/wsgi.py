"""The WSGI application, for any server: `gunicorn 'iotconfig.entrypoints.wsgi:create_app()'`, for example."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import falcon

from iotconfig.adapters.http.observing import Observer
from iotconfig.adapters.logs import LoggedAccess

from . import wiring
from .settings import Settings


def observers(access: Observer) -> Sequence[Observer]:
    """Who hears of answers: who tells of them in the log, and the counters, where somebody may read them."""
    return wiring.observers(Settings.from_environ(os.environ), access)


def create_app(heard_by: Sequence[Observer] | None = None) -> falcon.App[Any, Any]:
    """The HTTP API, as the environment configures it. Raises `InvalidSetting`.

    Where nobody else hears of answers (`heard_by`), the logger `iotconfig.access` does.
    """
    settings = Settings.from_environ(os.environ)
    if heard_by is None:
        heard_by = wiring.observers(settings, LoggedAccess())
    return wiring.create_app(settings, heard_by)
