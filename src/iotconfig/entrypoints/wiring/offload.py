"""Where work that keeps the processor busy runs: in a worker, in a second thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from iotconfig.domain.errors import TooManyRequests
from iotconfig.domain.offload import SMALL, Offload, run_inline

from .clock import is_thread_shared

if TYPE_CHECKING:
    from gevent.threadpool import ThreadPool

T = TypeVar("T")

_MOST_WAITING: Final = 12
"""Works that wait for one thread, or are in it: each takes a few tenths of a second."""
_RETRY_AFTER: Final = 5


def offload() -> Offload:
    """One more thread for work of one kind, of all requests, where they share a thread; otherwise the calling thread."""
    return InThread() if is_thread_shared() else run_inline


class InThread:
    """`Offload` in one thread, for which gevent waits; it starts with the first work, in the process that asks.

    Python lets threads take turns of 5 ms. With ever more of them, the serving
    thread would get its turn less often. So there are two: one for what changes
    need, one for what is compared, and neither queues behind the other.

    Raises `TooManyRequests` while too much waits.
    """

    _pool: ThreadPool | None = None
    _waiting: int = 0

    def __call__(self, work: Callable[[], T], size: int) -> T:
        if size < SMALL:
            return work()
        if self._pool is None:
            from gevent.threadpool import ThreadPool

            self._pool = ThreadPool(1)
        if self._waiting >= _MOST_WAITING:
            raise TooManyRequests(
                f"{_MOST_WAITING} large documents are waiting to be read, merged or compared: try again.",
                _RETRY_AFTER,
            )
        self._waiting += 1
        try:
            outcome: _Outcome[T] = self._pool.apply(_Outcome, (work,))
        finally:
            self._waiting -= 1
        return outcome.result()


class _Outcome(Generic[T]):
    """What work returned or raised. gevent prints what is raised in its threads, and refused documents are no news."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._error: Exception | None = None
        try:
            self._returned = work()
        except Exception as error:  # noqa: BLE001 - it is raised again where the work was asked for
            self._error = error

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._returned
