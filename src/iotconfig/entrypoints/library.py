"""`iotconfig.open_service`: the core on a database, for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from iotconfig.domain.configs.service import ConfigService

from . import wiring
from .services import open_services
from .settings import Settings


@contextmanager
def open_configs(database_url: str, *, upgrade: bool) -> Iterator[ConfigService]:
    """See `iotconfig.open_service`. Reads no environment variables: in a library they are the caller's."""
    if database_url == "memory://":
        from iotconfig.adapters.memory import MemoryStore

        store = MemoryStore()
        try:
            yield ConfigService(store, wiring.utc_now)
        finally:
            store.close()
        return
    from iotconfig.adapters.sql.engine.url import DatabaseUrl

    # Checked here, so that the error is about an argument and not about DATABASE_URL.
    DatabaseUrl.parse(database_url)
    settings = Settings.from_environ({"DATABASE_URL": database_url})
    if upgrade:
        wiring.migrations(settings).upgrade()
    with open_services(settings, checks_schema=not upgrade) as services:
        yield services.configs
