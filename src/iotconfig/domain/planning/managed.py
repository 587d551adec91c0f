"""The objects that a tree manages: only these may be removed for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Self

from attrs import frozen

from iotconfig.domain.mac import MacAddress

ALL: Final = "*"
"""The pattern of every name."""


@frozen
class Patterns:
    """Names, and beginnings of names: `floor-*` takes every name that begins with `floor-`."""

    names: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, patterns: Iterable[str]) -> Self:
        """Return the patterns that are spelled so, each with at most one `*`, at its end."""
        patterns = list(patterns)
        beginnings = sorted({pattern.removesuffix(ALL) for pattern in patterns if pattern.endswith(ALL)})
        names = frozenset(pattern for pattern in patterns if not pattern.endswith(ALL))
        return cls(names, tuple(beginnings))

    def takes(self, name: str) -> bool:
        """Whether a name is one of these, or begins as one of these."""
        return name in self.names or name.startswith(self.beginnings)

    def spelled(self) -> list[str]:
        """The patterns as `of` reads them, sorted."""
        return sorted([*self.names, *(f"{beginning}{ALL}" for beginning in self.beginnings)])


EVERY_NAME: Final = Patterns.of([ALL])
"""The patterns that take every name."""


@frozen
class Managed:
    """The objects that a tree manages, present or not."""

    layers: Patterns = Patterns()
    """Names of layers."""
    devices: Patterns = Patterns()
    """MAC addresses of twelve digits without separators."""

    def has_device(self, mac_address: MacAddress) -> bool:
        """Whether the tree manages this device."""
        return self.devices.takes(plain(mac_address))


def plain(mac_address: MacAddress) -> str:
    """The twelve digits of a MAC address, as names of files have them."""
    return mac_address.canonical.replace(":", "")
