"""`GET /api/health`: whether the service can do its work."""

from __future__ import annotations

import falcon
from attrs import frozen

from iotconfig.domain.errors import StoreUnavailable
from iotconfig.domain.ports import Store

from .problems import RETRY_AFTER


@frozen
class HealthResource:
    """Healthy while the database answers."""

    store: Store

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        resp.set_header("Cache-Control", "no-store")
        try:
            self.store.check()
        except StoreUnavailable as error:
            resp.status = falcon.HTTP_503
            resp.set_header("Retry-After", RETRY_AFTER)
            resp.media = {"status": "unhealthy", "database": "disconnected", "error": str(error)}
        else:
            resp.media = {"status": "healthy", "database": "connected"}

    on_head = on_get
