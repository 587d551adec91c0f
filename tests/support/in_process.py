"""The HTTP API in the process of the test, with the real wiring, but without a server, a socket or a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

from attrs import frozen

from iotconfig.adapters.telemetry import Answered
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.application import app_on
from iotconfig.entrypoints.wiring.observers import observed
from iotconfig.entrypoints.wiring.services import services_on_database

from .depot import LocalDepot
from .wsgi_client import WsgiClient


@frozen
class Service:
    """The API on a database, with the methods of `Serve`."""

    database_url: str
    client: WsgiClient
    flush: Callable[[], bool] | None = None
    """Writes what was seen in fetches; None where they are not recorded."""
    end_streams: Callable[[], None] = lambda: None
    """Ends the streams of events, as the stop of a worker does."""


Starter = Callable[..., AbstractContextManager[Service]]
"""Makes the API, for as long as a block runs; arguments are settings."""

StartDepot = Callable[..., AbstractContextManager[LocalDepot]]
"""Makes the API with assets, for as long as a block runs; arguments are settings."""


class _Unlogged:
    """An `Observer` in place of the access log."""

    def answered(self, answer: Answered) -> None:
        pass


@contextmanager
def service_on(database_url: str, **environ: str) -> Iterator[Service]:
    """The API that these settings describe; its connections are closed at the end of the block.

    Fetches are not recorded, unless the settings say so: some tests check that nothing is written. Streams of events end after
    their first event, so that every request has an end.
    """
    with streaming_service_on(database_url, **environ) as service:
        service.end_streams()
        yield service


@contextmanager
def streaming_service_on(database_url: str, **environ: str) -> Iterator[Service]:
    """The same, but streams of events go on."""
    settings = Settings.from_environ(
        {"IOTCONFIG_SIGHTINGS_INTERVAL": "0", **environ, "DATABASE_URL": database_url}
    )
    services = services_on_database(settings)
    # No leader does it here.
    services.catches_up = True
    # Metrics count answers, too; the access log would be in every test that reads the log.
    watched = observed(settings, _Unlogged()) if settings.telemetry.has_metrics else None
    services.registry = None if watched is None else watched.registry
    with closing(services.persistence):
        flush = services.sightings.flush if services.sightings else None
        ends: list[Callable[[], None]] = []
        client = WsgiClient(app_on(services, watched, at_stop=ends.append))

        def end_streams() -> None:
            for end in ends:
                end()

        yield Service(database_url, client, flush, end_streams)
