"""`iotconfig.open_service`: all use cases on a database, for other programs."""

from __future__ import annotations

from typing import Final

from iotconfig.domain.facade import Service

from .settings import Settings
from .wiring.backends import backend_at
from .wiring.services import Services, checked_services, services_in_memory

_IN_MEMORY: Final = "memory://"


def open_service(database_url: str, *, upgrade: bool) -> Service:
    """See `iotconfig.open_service`. Reads no environment variables: in a library they are the caller's."""
    services = _services(database_url, upgrade=upgrade)
    return Service(
        configs=services.configs,
        history=services.history,
        changes=services.changes,
        bulk=services.bulk,
        tags=services.tags,
        layers=services.layers,
        models=services.models,
        adoption=services.adoption,
        notifications=services.notifications,
        api_tokens=services.api_tokens,
        device_tokens=services.device_tokens,
        close=services.persistence.close,
        devices=services.devices,
    )


def _services(database_url: str, *, upgrade: bool) -> Services:
    if database_url == _IN_MEMORY:
        return services_in_memory()
    settings = Settings.from_environ({"DATABASE_URL": database_url})
    # Not `backend`: the error is about an argument, and not about DATABASE_URL.
    database = backend_at(database_url, settings)
    if upgrade:
        database.upgrade()
    return checked_services(settings, checks_schema=not upgrade)
