"""How long a database may be used: until it is closed."""

from __future__ import annotations

from attrs import define

from iotconfig.domain.errors import ServiceClosed


@define
class Lifetime:
    """From the making of a database to its closing."""

    is_over: bool = False

    def check(self) -> None:
        """Raise `ServiceClosed` when it is over."""
        if self.is_over:
            raise ServiceClosed
