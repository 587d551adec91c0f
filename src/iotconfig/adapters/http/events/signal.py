"""What streams wait on: news, or the end of the process."""

from __future__ import annotations

import threading

from attrs import define, field


def _new_condition() -> threading.Condition:
    # Looked up here: a worker patches threading after this module was imported.
    return threading.Condition()


@define
class Signal:
    """Wakes all streams of a process at once. Threads and greenlets may share it."""

    count: int = field(init=False, default=0)
    """The number of times that there was news. A stream reads it before it looks for news, and then waits for another."""
    is_over: bool = field(init=False, default=False)
    """Whether the process ends, and all streams with it."""
    _changed: threading.Condition = field(init=False, factory=_new_condition, repr=False)

    def give(self) -> None:
        """Wake all streams: there is news."""
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def end(self) -> None:
        """Wake all streams: they end."""
        self.is_over = True
        self.give()

    def wait(self, seen: int, seconds: float) -> None:
        """Wait until there is news since `count` was `seen`, for up to `seconds`."""
        with self._changed:
            if self.count == seen and not self.is_over:
                self._changed.wait(max(0.0, seconds))
