"""gunicorn's arbiter, with reloads without a gap."""

from __future__ import annotations

from time import monotonic, sleep
from typing import Any, Final

from gunicorn.arbiter import Arbiter

_LOOK: Final = 0.05


class PatientArbiter(Arbiter):
    """Ends the old workers of a reload only after the new ones accept connections.

    gunicorn ends them at once. Connections wait then, in the kernel, until the new
    ones have loaded the application: for two seconds and more (measured).
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
    """Whether a worker has said that it lives, which it does first when it accepts connections.

    It says so by setting a file's time to the monotonic clock; before, that is the time of day, far above.
    """
    last: float = worker.tmp.last_update()
    return last <= monotonic()
