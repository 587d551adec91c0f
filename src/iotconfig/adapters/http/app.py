"""The WSGI application: routes, and what surrounds them. Starting a process is somebody else's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any
from urllib.parse import urlsplit

import falcon
from attrs import frozen

from iotconfig.adapters.codec import BodyReader
from iotconfig.adapters.telemetry import Observer
from iotconfig.domain.announcing.service import NotificationService
from iotconfig.domain.assets.service import AssetService
from iotconfig.domain.configs.bulk_use_cases import BulkUseCases
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES
from iotconfig.domain.offload import Offload, run_inline
from iotconfig.domain.pictures import PictureService

from . import problems
from .access_control import AccessControl, AccessRoutes
from .api.assets import AssetResource, AssetsResource
from .api.bulk import ExportResource, ImportResource, PatchResource
from .api.configs import (
    AnnounceResource,
    ConfigByMacResource,
    ConfigResource,
    ConfigsResource,
    ReplaceDeviceResource,
)
from .api.health import HealthResource, LiveResource, LogUse, ReadyResource
from .api.history import (
    DeletedConfigsResource,
    DiffResource,
    RestoreResource,
    RevisionResource,
    RevisionsResource,
    RollbackResource,
)
from .api.metrics import MetricsResource, Render
from .api.pictures import LvglResource
from .middleware import CrossSiteGuard, HostGuard, RequestIds, VaryByOrigin
from .observing import Observation
from .openapi import resource as openapi
from .transfer_limits import DEFAULT_MAX_IMPORT_BYTES, Transfers
from .transfers import TransferDoor


@frozen
class UseCases:
    """What the API offers."""

    configs: ConfigService
    history: HistoryService
    fleet: BulkUseCases
    notifications: NotificationService
    assets: AssetService
    pictures: Callable[[], PictureService]
    """Called when a picture is asked for, and not before: what it brings along is large."""


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
    is_ready: Callable[[], None] | None = None,
    database_log: Callable[[], LogUse | None] = lambda: None,
    observers: Sequence[Observer] = (),
    render_metrics: Render | None = None,
    metrics_token: str = "",
    offload: Offload = run_inline,
    comparing: Offload = run_inline,
) -> falcon.App[Any, Any]:
    """The HTTP API of these use cases, for any WSGI server.

    `access`: who is let in, and how.
    `max_content_bytes`: UTF-8 bytes that a config's content may have.
    `max_import_bytes`: bytes that the body of an import may have.
    `own_origin`: the service's own, as browsers see it; empty where it is the one that a request names.
    `local_only`: answer to localhost, IP addresses and `own_origin` only, whatever a name resolves to.
    `cors_origins`: origins whose pages may call the API; `*` for all, none by default.
    `require_if_match`: refuse changes by id that do not say which revision they replace.
    `transfers`: the places of imports, exports and uploads; this process has places of its own unless given.
    `database_log`: how large the database's write-ahead log is, for health.
    `is_ready`: raises `StoreUnavailable` while requests cannot be served; the store's `check` unless given.
    `observers`: hear of every answer.
    `render_metrics`: what a scrape of `/metrics` reads, by who sends `metrics_token`; no such route unless given.
    `offload`: reads and merges large documents, where it holds up no other request.
    `comparing`: does the same for what is only shown, such as differences, and holds up no change.
    """
    doors = access.build(own_origin, cors_origins)
    middleware = _middleware(doors, own_origin, cors_origins, local_only=local_only)
    app = falcon.App(middleware=[Observation(observers), *middleware] if observers else middleware)
    problems.install(app)
    doors.add_routes(app)
    openapi.add_routes(app)
    store = use_cases.configs.store
    app.add_route("/api/health", HealthResource(store, use_cases.notifications, database_log))
    app.add_route("/api/health/live", LiveResource())
    app.add_route("/api/health/ready", ReadyResource(is_ready or store.check))
    if render_metrics is not None:
        app.add_route("/metrics", MetricsResource(render_metrics, metrics_token))
    bodies = BodyReader(max_content_bytes, offload)
    _add_configs(app, use_cases.configs, use_cases.history, bodies, comparing, require_if_match)
    door = TransferDoor(transfers or Transfers(), access.proxies)
    app.add_route(
        "/api/configs/import", ImportResource(use_cases.fleet, max_content_bytes, max_import_bytes, door)
    )
    app.add_route("/api/configs/export", ExportResource(use_cases.fleet, door))
    app.add_route("/api/configs/patch", PatchResource(use_cases.fleet, bodies, comparing, door))
    app.add_route("/api/assets", AssetsResource(use_cases.assets, door, comparing))
    app.add_route("/api/assets/{name}", AssetResource(use_cases.assets))
    app.add_route("/api/images/lvgl", LvglResource(use_cases.pictures))
    return app


def _add_configs(
    app: falcon.App[Any, Any],
    service: ConfigService,
    history: HistoryService,
    bodies: BodyReader,
    comparing: Offload,
    require_if_match: bool,  # noqa: FBT001 - passed on
) -> None:
    """The routes of configs, one by one, and of what they were."""
    app.add_route("/api/configs", ConfigsResource(service, bodies))
    app.add_route("/api/configs/by-mac/{mac}", ConfigByMacResource(service, bodies))
    app.add_route("/api/configs/{segment}", ConfigResource(service, bodies, comparing, require_if_match))
    app.add_route("/api/configs/{segment}/announce", AnnounceResource(service))
    app.add_route("/api/configs/{segment}/revisions", RevisionsResource(history))
    app.add_route("/api/configs/{segment}/revisions/{number}", RevisionResource(history))
    app.add_route("/api/configs/{segment}/diff", DiffResource(history, comparing))
    app.add_route(
        "/api/configs/{segment}/rollback", RollbackResource(service, bodies, comparing, require_if_match)
    )
    app.add_route(
        "/api/configs/{segment}/replace-device", ReplaceDeviceResource(service, bodies, require_if_match)
    )
    app.add_route("/api/deleted-configs", DeletedConfigsResource(history))
    app.add_route("/api/deleted-configs/{segment}/restore", RestoreResource(history, bodies))


def _middleware(
    doors: AccessRoutes, own_origin: str, cors_origins: Collection[str], *, local_only: bool
) -> list[Any]:
    chain: list[Any] = [RequestIds(), CrossSiteGuard(own_origin, cors_origins)]
    if local_only:
        chain.append(HostGuard(urlsplit(own_origin).hostname or ""))
    if cors_origins:
        origins = "*" if "*" in cors_origins else cors_origins
        chain += [
            falcon.CORSMiddleware(
                allow_origins=origins,
                # The session cookie is for pages that were named, one by one.
                allow_credentials=origins if doors.takes_cookies and origins != "*" else None,
                expose_headers="Accept-Patch, Accept-Ranges, Content-Digest, Content-Disposition, Content-Range, ETag, "
                "Location, Repr-Digest, Retry-After, X-Request-ID",
            ),
            VaryByOrigin(),
        ]
    chain.append(doors.gate)
    return chain
