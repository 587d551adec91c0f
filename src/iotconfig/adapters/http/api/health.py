"""Whether the service can do its work: for people, and for those who start and stop it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import falcon
from attrs import frozen

from iotconfig.adapters.codec import to_json
from iotconfig.adapters.http.problems import RETRY_AFTER
from iotconfig.domain.announcing.service import NotificationService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import StoreReadOnly, StoreUnavailable


@frozen
class LiveResource:
    """`/api/health/live`: the process answers. Nothing else is asked, so that no outage restarts it."""

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        _send(resp, {"status": "alive"})


@frozen
class ReadyResource:
    """`/api/health/ready`: requests can be served: the database answers, takes writes and has the schema."""

    is_ready: Callable[[], None]
    """Raises `StoreUnavailable` where it is not."""

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        try:
            self.is_ready()
        except StoreUnavailable as error:
            _refuse(resp, {"status": "unready", "error": str(error)})
        else:
            _send(resp, {"status": "ready"})


class LogUse(Protocol):
    """The write-ahead log of a database that keeps one beside its file."""

    @property
    def bytes(self) -> int:
        """Its size."""
        ...

    @property
    def problem(self) -> str | None:
        """What is wrong with it, and what to do."""
        ...


def _no_log() -> None:
    return None


@frozen
class HealthResource:
    """`/api/health`. Healthy while the database answers and takes writes.

    A broker that is away keeps no device from fetching.
    """

    store: Store
    notifications: NotificationService
    log: Callable[[], LogUse | None] = _no_log

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        try:
            self.store.check()
            delivery = self.notifications.health()
            log = self.log()
        except StoreUnavailable as error:
            database = "read-only" if isinstance(error, StoreReadOnly) else "disconnected"
            _refuse(resp, {"status": "unhealthy", "database": database, "error": str(error)})
        else:
            answer = {"status": "healthy", "database": "connected", "notifications": delivery}
            if log is not None:
                answer["log"] = {"bytes": log.bytes, "problem": log.problem}
            _send(resp, answer)


def _send(resp: falcon.Response, answer: dict[str, object]) -> None:
    resp.set_header("Cache-Control", "no-store")
    resp.content_type = falcon.MEDIA_JSON
    resp.data = to_json(answer).encode()


def _refuse(resp: falcon.Response, answer: dict[str, object]) -> None:
    _send(resp, answer)
    resp.status = falcon.HTTP_503
    resp.set_header("Retry-After", RETRY_AFTER)
