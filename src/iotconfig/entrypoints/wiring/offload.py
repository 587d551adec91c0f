"""Execution of work that keeps the processor busy: in a second thread of a worker."""

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
"""Works in one thread or waiting for it, at most; each takes a few tenths of a second."""
_RETRY_AFTER: Final = 5


def offload() -> Offload:
    """An additional thread for one kind of work if requests share a thread; otherwise the calling thread."""
    return InThread() if is_thread_shared() else run_inline


class InThread:
    """`Offload` to one thread, for which greenlets wait. The thread starts with the first work.

    Python switches threads every 5 ms, so each additional thread delays the serving
    one. A worker has two: one for changes, and one for comparing, so that
    neither waits for the other.

    Raises `TooManyRequests` if too many works are waiting.
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
    """The result or the exception of work. gevent would print an exception in its thread, also that of a refused document."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._error: Exception | None = None
        try:
            self._returned = work()
        except Exception as error:  # noqa: BLE001 - raised again in the calling greenlet
            self._error = error

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._returned
