"""Which requests take a place among the transfers of a machine, and for whom it is counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import falcon
from attrs import frozen

from iotconfig.adapters.networks import Network
from iotconfig.domain.access.principal import LOCAL_ADMINISTRATOR

from .access.gate import principal_of
from .access.sources import source_of
from .transfer_limits import Kind, Place, Transfers


@frozen
class TransferDoor:
    """Lets requests in to the places."""

    transfers: Transfers
    proxies: Sequence[Network] = ()
    """Whose `X-Forwarded-For` is believed."""

    def take(self, req: falcon.Request, kind: Kind) -> Place:
        """A place for this request, until it is left. Raises `TooManyRequests`."""
        principal = principal_of(req)
        # While authentication is off, everybody is the same principal.
        is_known = principal != LOCAL_ADMINISTRATOR
        caller = f"subject {principal.subject}" if is_known else source_of(req, self.proxies)
        return self.transfers.take(kind, caller)

    @contextmanager
    def place(self, req: falcon.Request, kind: Kind) -> Iterator[Place]:
        """The same, until the block ends."""
        place = self.take(req, kind)
        try:
            yield place
        finally:
            place.leave()
