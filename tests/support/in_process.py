"""The HTTP API in the process of the test, with the real wiring, but without a server, a socket or a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

from attrs import frozen

from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.application import app_on
from iotconfig.entrypoints.wiring.services import services_on_database

from .depot import LocalDepot
from .wsgi_client import WsgiClient


@frozen
class Service:
    """The API on a database, with the methods of `Serve`."""

    database_url: str
    client: WsgiClient


Starter = Callable[..., AbstractContextManager[Service]]
"""Makes the API, for as long as a block runs; arguments are settings."""

StartDepot = Callable[..., AbstractContextManager[LocalDepot]]
"""Makes the API with assets, for as long as a block runs; arguments are settings."""


@contextmanager
def service_on(database_url: str, **environ: str) -> Iterator[Service]:
    """The API that these settings describe; its connections are closed at the end of the block."""
    settings = Settings.from_environ({**environ, "DATABASE_URL": database_url})
    services = services_on_database(settings)
    with closing(services.persistence):
        yield Service(database_url, WsgiClient(app_on(services)))
