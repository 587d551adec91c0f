"""Limits the connections that one address may keep open in a worker.

A worker accepts a thousand connections; one client that opens as many and sends slowly would
block all others until its deadlines. If an address has too many, the worker closes the connection
that it has waited for longest. A connection with a request in progress is never closed, so
many devices behind one address, each with a short request, are not affected.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from time import monotonic
from typing import Final, Protocol

from attrs import define, field

from iotconfig.adapters.http.access.sources import Source, source_at
from iotconfig.adapters.networks import Network

log = logging.getLogger(__name__)

_PATIENCE: Final = 1.0
"""Seconds of waiting for a client after which its connection may be closed."""

_SAID_EVERY: Final = 60.0


class Connection(Protocol):
    """An open connection."""

    def waited(self) -> float | None:
        """Seconds for which the worker has waited for the client; None if it does not wait."""
        ...

    def cut(self) -> None:
        """End the connection; a wait for its client ends with a disconnect."""
        ...


@define
class OpenConnections:
    """The connections of one worker."""

    most: int
    """From this many connections of one address on, slow ones are closed; from twice as many on, new ones may be refused."""
    most_in_all: int
    """From this many connections in total on, each new one closes one of the address with the most."""
    exempt: Sequence[Network] = ()
    """Trusted proxies, which limit the connections of their clients themselves."""
    _of: dict[str, set[Connection]] = field(init=False, factory=lambda: defaultdict(set))
    _count: int = field(init=False, default=0)
    _said_at: float = field(init=False, default=float("-inf"))

    def source(self, address: object) -> str | None:
        """The source that a peer's connections are counted for; None if they are not counted."""
        # A UNIX domain socket has no address; its peer is a proxy.
        found = source_at(address[0]) if isinstance(address, tuple) and address else None
        return None if found is None or _is_among(found, self.exempt) else found.name

    def admit(self, source: str, connection: Connection) -> bool:
        """Count a new connection, perhaps closing another one; False if it must be refused."""
        crowd = self._of[source]
        if self._count >= self.most_in_all:
            crowded = max(self._of, key=lambda name: len(self._of[name]))
        elif len(crowd) >= self.most:
            crowded = source
        else:
            self._add(source, connection)
            return True
        is_urgent = self._count >= self.most_in_all or len(crowd) >= 2 * self.most
        if not self._close_slowest(crowded, 0.0 if is_urgent else _PATIENCE) and is_urgent:
            if not crowd:
                del self._of[source]
            return False
        self._add(source, connection)
        return True

    def leave(self, source: str, connection: Connection) -> None:
        """Remove a connection that ended."""
        crowd = self._of.get(source)
        if crowd is None or connection not in crowd:
            return
        crowd.remove(connection)
        self._count -= 1
        if not crowd:
            del self._of[source]

    def _add(self, source: str, connection: Connection) -> None:
        self._of[source].add(connection)
        self._count += 1

    def _close_slowest(self, source: str, patience: float) -> bool:
        waits = [
            (waited, id(connection), connection)
            for connection in self._of[source]
            if (waited := connection.waited()) is not None and waited >= patience
        ]
        if not waits:
            return False
        slowest = max(waits)[2]
        self.leave(source, slowest)
        slowest.cut()
        self._say(source)
        return True

    def _say(self, source: str) -> None:
        if monotonic() - self._said_at > _SAID_EVERY:
            self._said_at = monotonic()
            log.warning(
                "%s keeps too many connections open: slow ones are closed "
                "(IOTCONFIG_CONNECTIONS_PER_ADDRESS is %d)",
                source,
                self.most,
            )


def _is_among(source: Source, networks: Sequence[Network]) -> bool:
    return any(source.address in network for network in networks)
