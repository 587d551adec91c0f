"""`GET /metrics`: metrics for Prometheus, if they have no address of their own."""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest

import falcon
from attrs import field, frozen

from iotconfig.adapters.http.access.authentication import bearer_of
from iotconfig.domain.errors import AuthenticationRequired

Render = Callable[[str], tuple[str, bytes]]
"""Renders all metrics for an `Accept` header; returns media type and bytes."""


@frozen
class MetricsResource:
    """Requires the token of metrics."""

    render: Render
    token: str = field(repr=False)

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        given = bearer_of(req) or ""
        if not self.token or not compare_digest(self.token.encode(), given.encode(errors="replace")):
            raise AuthenticationRequired(
                "Send the token of IOTCONFIG_METRICS_TOKEN as 'Authorization: Bearer …'."
            )
        resp.content_type, resp.data = self.render(req.get_header("Accept", default=""))
        resp.set_header("Cache-Control", "no-store")
