"""How many connections one address may keep open in a worker, and whose are closed when there are too many.

A worker takes a thousand connections. Whoever opens as many and is slow with them takes the places
of everybody, until its deadlines cut it. So an address with many is asked to give way: the connection
of its that has made the worker wait longest is closed. One that the worker works for is not, and a
building of devices behind one address, each with a short request, notices nothing.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from time import monotonic
from typing import Final, Protocol

from attrs import define, field

from iotconfig.domain.networks import Network

from .sources import Source, source_at

log = logging.getLogger(__name__)

_PATIENCE: Final = 1.0
"""Seconds for which a client may make its worker wait, whatever its neighbours do."""

_SAID_EVERY: Final = 60.0


class Connection(Protocol):
    """An open connection, as far as it matters here."""

    def waited(self) -> float | None:
        """The seconds for which the worker has waited for the client; None while it does not."""
        ...

    def cut(self) -> None:
        """End the connection: whoever waits for its client goes on, and finds it gone."""
        ...


@define
class OpenConnections:
    """The connections of one worker."""

    most: int
    """Connections of one address from which on it gives way; from twice as many on, it is refused."""
    most_in_all: int
    """Connections from which on the address with most of them gives way to any."""
    exempt: Sequence[Network] = ()
    """Proxies of ours, which bound the connections of others themselves."""
    _of: dict[str, set[Connection]] = field(init=False, factory=lambda: defaultdict(set))
    _count: int = field(init=False, default=0)
    _said_at: float = field(init=False, default=float("-inf"))

    def source(self, address: object) -> str | None:
        """Whom a peer's address is counted for; None where it is not counted."""
        # A UNIX domain socket has no address, and a proxy behind it.
        found = source_at(address[0]) if isinstance(address, tuple) and address else None
        return None if found is None or _is_among(found, self.exempt) else found.name

    def admit(self, source: str, connection: Connection) -> bool:
        """Count a new connection, for which another one may be closed; False where it has to be refused."""
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
        """Forget a connection that has ended."""
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
