"""The WSGI application: the route table, and the middleware in front of it. It starts no process."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from functools import cache
from typing import Any

import falcon

from iotconfig.adapters.codec import BodyReader
from iotconfig.adapters.telemetry import LogUse, Observer
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES
from iotconfig.domain.offload import Offload, run_inline

from . import problems
from .access.site_guard import SiteGuard
from .access_control import AccessControl
from .api.metrics import Render
from .cors import cors
from .dependencies import Dependencies, UseCases
from .events.streams import EventStreams
from .observing import Observation
from .openapi.document import document
from .openapi.page import page
from .router import Router
from .routes import ROUTES
from .routing import RouteTable
from .transfer_limits import DEFAULT_MAX_IMPORT_BYTES, Transfers
from .transfers import TransferSlots
from .web.files import WebFiles


def create_app(
    use_cases: UseCases,
    access: AccessControl,
    *,
    max_content_bytes: int = DEFAULT_MAX_BYTES,
    max_import_bytes: int = DEFAULT_MAX_IMPORT_BYTES,
    own_origin: str = "",
    local_only: bool = False,
    cors_origins: Collection[str] = (),
    require_if_match: bool = False,
    transfers: Transfers | None = None,
    event_streams: EventStreams | None = None,
    is_ready: Callable[[], None] | None = None,
    database_log: Callable[[], LogUse | None] = lambda: None,
    observers: Sequence[Observer] = (),
    render_metrics: Render | None = None,
    metrics_token: str = "",
    offload: Offload = run_inline,
    comparing: Offload = run_inline,
    yield_turn: Callable[[], None] = lambda: None,
    web_files: WebFiles | None = None,
    routes: RouteTable = ROUTES,
) -> falcon.App[Any, Any]:
    """The HTTP API of these use cases, for any WSGI server.

    `access`: how callers are authenticated.
    `max_content_bytes`: size limit of a config's content, in UTF-8 bytes.
    `max_import_bytes`: size limit of the body of an import, in bytes.
    `own_origin`: the origin of the service as browsers see it; empty: the origin that a request names.
    `local_only`: refuse requests to other hosts than localhost, IP addresses and `own_origin`.
    `cors_origins`: origins whose pages may call the API; `*` for all, none by default.
    `require_if_match`: refuse changes by id without `If-Match`.
    `transfers`: the slots of imports, exports and uploads; by default, slots of this process.
    `event_streams`: the streams of events; None: the route does not exist.
    `is_ready`: raises `StoreUnavailable` while requests cannot be served; by default, the store's `check`.
    `database_log`: returns the size of the database's write-ahead log, for health.
    `observers`: are notified of every answer.
    `render_metrics`: renders the metrics for `/metrics`, which requires `metrics_token`; None: the route does not exist.
    `offload`: runs the reading and merging of large documents beside the serving thread.
    `comparing`: runs comparisons of documents likewise, without delaying changes.
    `yield_turn`: yields to other requests in the same thread, while a large body is read.
    `web_files`: the built files of the web app; None: those in the package.
    `routes`: the route table.
    """
    sites = SiteGuard(own_origin, cors_origins, is_local=local_only)
    parts = access.build(routes.rules, sites)
    observation = Observation(observers, routes.metrics, routes.polled)
    middleware = [observation, sites, *cors(cors_origins, takes_cookies=parts.takes_cookies), parts.gate]
    app = falcon.App(middleware=middleware, router=Router())
    problems.install(app)
    described = cache(lambda: document(routes))
    dependencies = Dependencies(
        use_cases=use_cases,
        authentication=parts.authentication,
        sign_ins=parts.sign_ins,
        terminals=parts.terminals,
        bodies=BodyReader(max_content_bytes, offload),
        max_import_bytes=max_import_bytes,
        require_if_match=require_if_match,
        proxies=access.proxies,
        comparing=comparing,
        slots=TransferSlots(transfers or Transfers(), access.proxies),
        event_streams=event_streams,
        confirm=parts.gate.confirm,
        yield_turn=yield_turn,
        is_ready=is_ready or use_cases.check_store,
        database_log=database_log,
        render_metrics=render_metrics,
        metrics_token=metrics_token,
        description=cache(lambda: json.dumps(described(), indent=1)),
        page=lambda: page(described()),
        web_files=WebFiles.built() if web_files is None else web_files,
    )
    for route in routes:
        if (resource := route.resource(dependencies)) is not None:
            app.add_route(route.path, resource, row=route)
    return app
