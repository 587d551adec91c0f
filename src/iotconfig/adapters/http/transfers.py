"""Limits concurrent transfers per caller."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import falcon
from attrs import frozen

from iotconfig.adapters.networks import Network
from iotconfig.domain.access.principal import LOCAL_ADMINISTRATOR

from .access.gate import principal_of
from .access.sources import source_of
from .transfer_limits import Kind, Slot, Transfers


@frozen
class TransferSlots:
    """Takes a transfer slot for each request."""

    transfers: Transfers
    proxies: Sequence[Network] = ()
    """Networks of trusted proxies: their `X-Forwarded-For` is evaluated."""

    def take(self, req: falcon.Request, kind: Kind) -> Slot:
        """Take a slot for this request; the caller calls `leave`. Raises `TooManyRequests`."""
        principal = principal_of(req)
        # While authentication is off, all callers are one principal.
        is_known = principal != LOCAL_ADMINISTRATOR
        caller = f"subject {principal.subject}" if is_known else source_of(req, self.proxies)
        return self.transfers.take(kind, caller)

    @contextmanager
    def held(self, req: falcon.Request, kind: Kind) -> Iterator[Slot]:
        """Take a slot for this request until the block ends. Raises `TooManyRequests`."""
        slot = self.take(req, kind)
        try:
            yield slot
        finally:
            slot.leave()
