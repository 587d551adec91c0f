"""gunicorn's arbiter, with reloads without a gap."""

from __future__ import annotations

from time import monotonic, sleep
from typing import Any, Final

from gunicorn.arbiter import Arbiter

_LOOK: Final = 0.05


class PatientArbiter(Arbiter):
    """Ends the old workers of a reload only after the new ones accept connections.

    gunicorn ends the old workers at once. New connections then wait in the kernel until the new
    workers have loaded the application: two seconds and more (measured).
    """

    def manage_workers(self) -> None:
        if len(self.WORKERS) > self.num_workers:
            self._await_new_workers()
        super().manage_workers()

    def _await_new_workers(self) -> None:
        until = monotonic() + self.timeout
        while not all(map(_serves, self._newest())) and monotonic() < until:
            self.reap_workers()
            sleep(_LOOK)

    def _newest(self) -> list[Any]:
        return sorted(self.WORKERS.values(), key=lambda worker: worker.age)[-self.num_workers :]


def _serves(worker: Any) -> bool:
    """Whether the worker has sent a heartbeat. It sends the first one when it accepts connections.

    A heartbeat sets the time of a file to the monotonic clock. Before the first heartbeat, the file
    has the time of day, which is far above the monotonic clock.
    """
    last: float = worker.tmp.last_update()
    return last <= monotonic()
