"""What devices are served, and the port that reads it."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from iotconfig.domain.mac import MacAddress


@frozen
class Document:
    """What a device is served."""

    number: int
    """The document number: it counts what this MAC address was served, from 1. It is one more whenever the
    bytes change, end or return, and never decreases, not even after a deletion."""
    body: bytes
    etag: str
    """The validator of `body`, quotes included."""
    has_secrets: bool = False
    """Whether values of secrets are in it: operators who only read must not get it."""


class Documents(Protocol):
    """Reads the documents that devices fetch. The use cases of configs decide what they are."""

    def get(self, mac_address: MacAddress) -> Document | None:
        """Return the document of this device; None where it has none.

        The hot path: one indexed read of committed data, which takes no lock and waits for no writer.

        Raises `StoreUnavailable` where the store does not answer within a bounded time, and
        `ServiceClosed` once it is closed.
        """
        ...
