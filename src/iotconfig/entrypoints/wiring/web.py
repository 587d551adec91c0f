"""The HTTP API, and what is read of its metrics."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.service import ConfigService
from iotconfig.entrypoints.settings import Settings

from .access import access_control
from .announcing import notifications_of
from .assets import assets
from .bulk import helped_fleet
from .clock import utc_now
from .databases import open_database, opened, store_of
from .observers import Observed, new_registry
from .offload import offload
from .pictures import pictures_when_asked

if TYPE_CHECKING:
    import falcon
    from prometheus_client import CollectorRegistry

    from iotconfig.adapters.http.transfer_limits import Transfers
    from iotconfig.adapters.metrics import Exposition
    from iotconfig.adapters.sql.engine.database import Database


def create_app(
    settings: Settings, watched: Observed | None = None, places: int | None = None
) -> falcon.App[Any, Any]:
    """The HTTP API on the database, whose connections live as long as the process.

    `places`: the descriptor of the file by which the workers of a machine share what is bounded for all.
    """
    database = open_database(settings)
    # Left to the interpreter's end, psycopg's pool would look for greenlets that are gone, and say so in the log.
    atexit.register(database.close)
    return app_on(database, settings, watched, places)


def app_on(
    database: Database, settings: Settings, watched: Observed | None = None, places: int | None = None
) -> falcon.App[Any, Any]:
    """The HTTP API on a database that the caller closes; `places` as of `create_app`."""
    from iotconfig.adapters.http.app import UseCases, create_app
    from iotconfig.adapters.sql.readiness import SqlReadiness

    watched = watched or Observed(registry=new_registry(settings))
    store, beside = store_of(database), offload()
    service, notifications = ConfigService(store, utc_now), notifications_of(settings, database)
    render = None
    if watched.registry is not None:
        from . import metrics

        metrics.watch_pool(settings, watched.registry, database)
        if not settings.metrics_bind:
            render = metrics.exposition(settings, watched.registry, store, database, notifications).render
    use_cases = UseCases(
        configs=service,
        history=HistoryService(store, utc_now),
        fleet=helped_fleet(settings, store, beside),
        notifications=notifications,
        assets=assets(settings, store),
        pictures=pictures_when_asked(settings),
    )
    return create_app(
        use_cases,
        access_control(settings, database),
        max_content_bytes=settings.max_content_bytes,
        max_import_bytes=settings.max_import_bytes,
        own_origin=settings.base_url,
        local_only=not (settings.allow_anonymous or settings.is_auth_on),
        cors_origins=settings.cors_origins,
        require_if_match=settings.require_if_match,
        transfers=_transfers(settings, places),
        is_ready=SqlReadiness(database),
        database_log=database.log,
        observers=watched.observers,
        render_metrics=render,
        metrics_token=settings.metrics_token,
        offload=beside,
        comparing=offload(),
    )


def _transfers(settings: Settings, places: int | None) -> Transfers:
    from iotconfig.adapters.http.transfer_limits import Transfers, shared_file

    # One import, as large as it may be, has room.
    max_bytes = max(settings.max_temporary_bytes, settings.max_import_bytes)
    file = shared_file() if places is None else places
    return Transfers(settings.transfers_at_once, max_bytes, file)


@contextmanager
def open_exposition(settings: Settings, registry: CollectorRegistry) -> Iterator[Exposition]:
    """What a scrape reads; its own connections to the database are closed at the end of the block."""
    from . import metrics

    with opened(settings) as database:
        yield metrics.exposition(
            settings, registry, store_of(database), database, notifications_of(settings, database)
        )
