"""`iotconfig.open_service`: the core on a database, for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from iotconfig.domain.configs.service import ConfigService

from . import wiring
from .settings import Settings
from .wiring.services import open_services, services_in_memory

_IN_MEMORY: Final = "memory://"


@contextmanager
def open_configs(database_url: str, *, upgrade: bool) -> Iterator[ConfigService]:
    """See `iotconfig.open_service`. Reads no environment variables: in a library they are the caller's."""
    if database_url == _IN_MEMORY:
        with services_in_memory() as services:
            yield services.configs
        return
    # Checked here, so that the error is about an argument and not about DATABASE_URL.
    wiring.parse_database_url(database_url)
    settings = Settings.from_environ({"DATABASE_URL": database_url})
    if upgrade:
        wiring.migrations(settings).upgrade()
    with open_services(settings, checks_schema=not upgrade) as services:
        yield services.configs
