"""What happens, followed once for all streams of a process."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Lock, Thread
from typing import Final

from attrs import define, field

from iotconfig.domain.configs.change_log import ChangeLog
from iotconfig.domain.errors import IotConfigError, ServiceClosed
from iotconfig.domain.jobs.ports import Wakeup

from .recent_changes import RecentChanges
from .recent_devices import ReadNews, RecentDevices
from .signal import Signal

log = logging.getLogger(__name__)

_LOOKED_EVERY: Final = 1.0
"""Seconds between two looks, where no commit wakes the feed."""

_PAUSE: Final = 0.02
"""Seconds between two reads. Changes of a busy moment are read together."""


@define
class Feed:
    """Follows the change log and the devices while there are streams.

    It needs a connection of the pool for each read only. One `Wakeup` of the process has a connection of its own.
    """

    changes: RecentChanges
    devices: RecentDevices
    _make_wakeup: Callable[[], Wakeup]
    signal: Signal = field(factory=Signal)
    _streams: int = field(init=False, default=0)
    _is_running: bool = field(init=False, default=False)
    _is_failing: bool = field(init=False, default=False)
    _lock: Lock = field(init=False, factory=Lock, repr=False)

    @classmethod
    def of(cls, log: ChangeLog, read_news: ReadNews | None, make_wakeup: Callable[[], Wakeup]) -> Feed:
        """The feed of a database. read_news: None where it keeps no evidence."""
        return cls(RecentChanges(log), RecentDevices(read_news), make_wakeup)

    def join(self) -> None:
        """Follow for one more stream, which calls `leave`. May raise an `IotConfigError`, and then does not follow."""
        with self._lock:
            if not self._is_running:
                self.changes.start()
                self.devices.start()
                Thread(target=self._run, name="event-feed", daemon=True).start()
            self._is_running = True
            self._streams += 1

    def leave(self) -> None:
        """Stop following for one stream."""
        with self._lock:
            self._streams -= 1

    def _run(self) -> None:
        with closing(self._make_wakeup()) as wakeup:
            while self._goes_on():
                with self._logging_failures():
                    if not self._follow():
                        wakeup.wait(_LOOKED_EVERY)
                        continue
                time.sleep(_PAUSE)

    def _follow(self) -> bool:
        has_changes = self.changes.follow()
        if has_changes:
            self.signal.give()
        has_devices = self.devices.follow()
        if has_devices:
            self.signal.give()
        return has_changes or has_devices

    def _goes_on(self) -> bool:
        with self._lock:
            self._is_running = self._streams > 0 and not self.signal.is_over
            return self._is_running

    @contextmanager
    def _logging_failures(self) -> Iterator[None]:
        """Log the first of several failures of the database, and wait."""
        try:
            yield
        except ServiceClosed:
            self.signal.end()
        except IotConfigError as error:
            if not self._is_failing:
                log.warning("event streams wait, because the database cannot be read: %s", error)
            self._is_failing = True
            time.sleep(_LOOKED_EVERY)
        except Exception:
            log.exception("the event streams cannot follow the database")
            time.sleep(_LOOKED_EVERY)
        else:
            self._is_failing = False
