"""`GET /api/health`: whether the service can do its work."""

from __future__ import annotations

import falcon
from attrs import frozen

from iotconfig.adapters.codec import to_json
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.domain.notification_service import NotificationService
from iotconfig.domain.ports import Store

from .problems import RETRY_AFTER


@frozen
class HealthResource:
    """Healthy while the database answers; a broker that is away keeps no device from fetching."""

    store: Store
    notifications: NotificationService

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        resp.set_header("Cache-Control", "no-store")
        resp.content_type = falcon.MEDIA_JSON
        answer: dict[str, object]
        try:
            self.store.check()
            delivery = self.notifications.health()
        except StoreUnavailable as error:
            resp.status = falcon.HTTP_503
            resp.set_header("Retry-After", RETRY_AFTER)
            answer = {"status": "unhealthy", "database": "disconnected", "error": str(error)}
        else:
            answer = {"status": "healthy", "database": "connected", "notifications": delivery}
        resp.data = to_json(answer).encode()

    on_head = on_get
