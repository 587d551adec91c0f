"""The lifetime of a database object, until it is closed."""

from __future__ import annotations

from attrs import define

from iotconfig.domain.errors import ServiceClosed


@define
class Lifetime:
    """Whether a database object was closed."""

    is_over: bool = False

    def check(self) -> None:
        """Raise `ServiceClosed` after the end."""
        if self.is_over:
            raise ServiceClosed
