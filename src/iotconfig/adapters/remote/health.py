"""The health of a service, over HTTP."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.codec.health_answers import Healthy, Unhealthy

from .answers import RemoteUseCases
from .connection import Request

_UNHEALTHY: Final = 503


class RemoteHealth(RemoteUseCases):
    """Whether a service works, as it says it itself."""

    def health(self) -> Healthy | Unhealthy:
        """Return the state of the service's parts."""
        answer = self.service.ask(Request("GET", "/api/health", statuses={200, _UNHEALTHY}))
        if answer.status == _UNHEALTHY:
            return self.read(answer.body, Unhealthy)
        return self.read(answer.body, Healthy)
