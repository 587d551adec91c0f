"""The HTTP API as a WSGI application, joined from settings."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from iotconfig.entrypoints.settings import Settings

from .access import access_control
from .bulk import helped_bulk, helped_tags
from .events import event_streams
from .observers import Observed, new_registry
from .offload import offload
from .services import Services, services_on_database
from .transfers import transfers

if TYPE_CHECKING:
    import falcon


def app_of(
    settings: Settings,
    observed: Observed | None = None,
    slots: int | None = None,
    at_stop: Callable[[Callable[[], None]], object] = atexit.register,
) -> falcon.App[Any, Any]:
    """The API on the database of the settings; its connections live as long as the process.

    `observed`: observers of answers, and the registry of metrics; by default only metrics count, where they are on.
    `at_stop`: gets what ends answers that go on, to be called when the process has to stop.
    `slots`: descriptor of the file with the transfer slots that all workers of a machine share; by default a new one.

    Raises `InvalidSetting` where a setting is wrong. Does not ask the database anything yet.
    """
    observed = observed or Observed(registry=new_registry(settings))
    services = services_on_database(settings)
    services.registry = observed.registry
    # At the interpreter's end, psycopg's pool would wait for greenlets that no longer exist, and log a traceback.
    atexit.register(services.persistence.close)
    if services.sightings is not None:
        # The last to be registered runs first.
        atexit.register(services.sightings.close)
    return app_on(services, observed, slots, at_stop)


def app_on(
    services: Services,
    observed: Observed | None = None,
    slots: int | None = None,
    at_stop: Callable[[Callable[[], None]], object] = lambda _end: None,
) -> falcon.App[Any, Any]:
    """The API on use cases whose database the caller closes; arguments and errors as of `app_of`."""
    from iotconfig.adapters.http.app import create_app
    from iotconfig.adapters.http.dependencies import UseCases

    settings, persistence = services.settings, services.persistence
    observed = observed or Observed(registry=services.registry or new_registry(settings))
    render = None
    if observed.registry is not None:
        from . import metrics

        metrics.watch_pool(settings, observed.registry, persistence.use)
        if not settings.telemetry.metrics_bind:
            from . import scrapes

            render = scrapes.exposition(services, observed.registry).render
    bulk = helped_bulk(settings, services.bulk)
    use_cases = UseCases(
        configs=services.configs,
        documents=services.configs,
        history=services.history,
        changes=services.changes,
        bulk=bulk,
        tags=helped_tags(services.tags, bulk),
        layers=services.layers,
        explanations=services.explanations,
        models=services.models,
        secrets=services.secrets,
        adoption=services.adoption,
        notifications=services.notifications,
        subscriber=services.subscriber,
        api_tokens=services.api_tokens,
        device_tokens=services.device_tokens,
        devices=services.devices,
        sightings=services.sightings.sightings if services.sightings else None,
        new_boards=services.new_boards,
        asking_boards=services.sightings.asking_boards
        if services.sightings and services.new_boards
        else None,
        assets=services.assets,
        check_store=persistence.store.check,
        pictures=services.pictures,
    )
    streams = event_streams(services, observed.registry)
    at_stop(streams.feed.signal.end)
    return create_app(
        use_cases,
        access_control(settings, services.api_tokens, services.device_tokens, persistence.store),
        max_content_bytes=settings.content.max_bytes,
        max_import_bytes=settings.content.max_import_bytes,
        own_origin=settings.access.base_url,
        local_only=not (settings.access.allow_anonymous or settings.access.is_auth_on),
        cors_origins=settings.access.cors_origins,
        require_if_match=settings.content.require_if_match,
        transfers=transfers(settings, slots),
        event_streams=streams,
        is_ready=persistence.check_ready,
        database_log=persistence.log,
        observers=observed.observers,
        render_metrics=render,
        metrics_token=settings.telemetry.metrics_token,
        offload=services.changing,
        comparing=offload(),
        yield_turn=services.bulk.yield_turn,
    )
