"""`GET /metrics`: what Prometheus reads, where it has no address of its own for it."""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest

import falcon
from attrs import field, frozen

from iotconfig.adapters.http.access.authentication import bearer_of
from iotconfig.domain.errors import AuthenticationRequired

Render = Callable[[str], tuple[str, bytes]]
"""Gives the media type that an `Accept` header asks for, and all metrics in it."""


@frozen
class MetricsResource:
    """For whoever sends the token."""

    render: Render
    token: str = field(repr=False)

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        given = bearer_of(req) or ""
        if not self.token or not compare_digest(self.token.encode(), given.encode(errors="replace")):
            raise AuthenticationRequired(
                "Metrics are for whoever sends the token of IOTCONFIG_METRICS_TOKEN."
            )
        resp.content_type, resp.data = self.render(req.get_header("Accept", default=""))
        resp.set_header("Cache-Control", "no-store")
