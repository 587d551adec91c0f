"""Limits concurrent transfers per caller."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import falcon
from attrs import frozen

from iotconfig.adapters.networks import Network

from .access.callers import caller_of
from .transfer_limits import Kind, Slot, Transfers


@frozen
class TransferSlots:
    """Takes a transfer slot for each request."""

    transfers: Transfers
    proxies: Sequence[Network] = ()
    """Networks of trusted proxies: their `X-Forwarded-For` is evaluated."""

    def take(self, req: falcon.Request, kind: Kind) -> Slot:
        """Take a slot for this request; the caller calls `leave`. Raises `TooManyRequests`."""
        return self.transfers.take(kind, caller_of(req, self.proxies))

    @contextmanager
    def held(self, req: falcon.Request, kind: Kind) -> Iterator[Slot]:
        """Take a slot for this request until the block ends. Raises `TooManyRequests`."""
        slot = self.take(req, kind)
        try:
            yield slot
        finally:
            slot.leave()
