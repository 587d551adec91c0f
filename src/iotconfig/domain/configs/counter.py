"""Revision counters: they number the changes of each MAC address."""

from __future__ import annotations

from attrs import frozen

from iotconfig.domain.mac import MacAddress


@frozen
class RevisionCounter:
    """The counter of one MAC address; it outlives every config of that address."""

    mac_address: MacAddress
    last_revision: int
    """The number of the latest change; 0 before the first."""

    def next_revision(self) -> int:
        """The number that the next change takes."""
        return self.last_revision + 1
