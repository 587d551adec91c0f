"""The HTTP API as a WSGI application, joined from settings."""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING, Any

from . import wiring
from .services import Services
from .settings import Settings
from .wiring.observers import Observed, new_registry

if TYPE_CHECKING:
    import falcon

    from iotconfig.adapters.http.transfer_limits import Transfers


def app_of(
    settings: Settings, observed: Observed | None = None, slots: int | None = None
) -> falcon.App[Any, Any]:
    """The API on the database of the settings; its connections live as long as the process.

    `observed`: observers of answers, and the registry of metrics; by default only metrics count, where they are on.
    `slots`: descriptor of the file with the transfer slots that all workers of a machine share; by default a new one.

    Raises `InvalidSetting` where a setting is wrong. Does not ask the database anything yet.
    """
    database = wiring.open_database(settings)
    # At the interpreter's end, psycopg's pool would wait for greenlets that no longer exist, and log a traceback.
    atexit.register(database.close)
    return app_on(Services(settings, database), observed, slots)


def app_on(
    services: Services, observed: Observed | None = None, slots: int | None = None
) -> falcon.App[Any, Any]:
    """The API on use cases whose database the caller closes; arguments and errors as of `app_of`."""
    from iotconfig.adapters.http.app import create_app
    from iotconfig.adapters.http.dependencies import UseCases
    from iotconfig.adapters.sql.readiness import SqlReadiness

    settings, database = services.settings, services.database
    observed = observed or Observed(registry=new_registry(settings))
    render = None
    if observed.registry is not None:
        from .wiring import metrics

        metrics.watch_pool(settings, observed.registry, database)
        if not settings.telemetry.metrics_bind:
            render = metrics.exposition(
                settings, observed.registry, services.configs, services.notifications, database.log
            ).render
    offload = wiring.offload()
    use_cases = UseCases(
        configs=services.configs,
        history=services.history,
        bulk=wiring.helped_bulk(settings, services.store, offload),
        notifications=services.notifications,
        assets=services.assets,
        check_store=services.store.check,
        pictures=services.pictures,
    )
    return create_app(
        use_cases,
        wiring.access_control(settings, services.api_tokens, services.device_tokens, services.store),
        max_content_bytes=settings.content.max_bytes,
        max_import_bytes=settings.content.max_import_bytes,
        own_origin=settings.access.base_url,
        local_only=not (settings.access.allow_anonymous or settings.access.is_auth_on),
        cors_origins=settings.access.cors_origins,
        require_if_match=settings.content.require_if_match,
        transfers=_transfers(settings, slots),
        is_ready=SqlReadiness(database),
        database_log=database.log,
        observers=observed.observers,
        render_metrics=render,
        metrics_token=settings.telemetry.metrics_token,
        offload=offload,
        comparing=wiring.offload(),
    )


def _transfers(settings: Settings, slots: int | None) -> Transfers:
    from iotconfig.adapters.http.transfer_limits import Transfers, shared_file

    # The limit of temporary files must leave room for one import of the largest size.
    max_bytes = max(settings.content.max_temporary_bytes, settings.content.max_import_bytes)
    file = shared_file() if slots is None else slots
    return Transfers(settings.content.transfers_at_once, max_bytes, file)
