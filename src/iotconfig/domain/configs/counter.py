"""Revision counters: they number the changes of each MAC address, and the documents that it is served."""

from __future__ import annotations

from attrs import frozen

from iotconfig.domain.mac import MacAddress


@frozen
class RevisionCounter:
    """The counters of one MAC address; they outlive every config of that address."""

    mac_address: MacAddress
    last_revision: int
    """The number of the latest change; 0 before the first."""
    last_document_number: int
    """The document number since the latest change of what the device is served; 0 before the first."""

    def next_revision(self) -> int:
        """The number that the next change takes."""
        return self.last_revision + 1

    def next_document_number(self) -> int:
        """The number that the next document takes, or the end of the present one."""
        return self.last_document_number + 1
