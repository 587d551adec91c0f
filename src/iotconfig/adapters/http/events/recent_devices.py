"""Snapshots of devices whose state has changed, as events."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import islice
from threading import Lock
from time import monotonic
from typing import Final

from attrs import define, field

from iotconfig.adapters.codec.device_answers import Device
from iotconfig.domain.devices.news import DeviceNews
from iotconfig.domain.devices.status import DeviceStatus

from .wire import event

ReadNews = Callable[[int | None, int], DeviceNews[DeviceStatus]]
"""`DeviceUseCases.news`."""

_READ_AT_ONCE: Final = 1000
"""Devices whose snapshots are sent together. Where more have changed, clients read their lists again."""

_KEPT: Final = 2000
"""The newest snapshots that are kept in memory. A stream that is farther behind has lost some."""

_READ_EVERY: Final = 1.0
"""Seconds between two reads, and so between two snapshots of one device."""


@define
class RecentDevices:
    """The newest snapshots. One thread looks for news, and all streams read. Methods may raise an `IotConfigError`."""

    _read: ReadNews | None
    """None where the database keeps no evidence."""
    count: int = field(init=False, default=0)
    """Snapshots so far."""
    _lost: int = field(init=False, default=0)
    """Snapshots that are not kept any more."""
    _recent: deque[bytes] = field(init=False, factory=deque, repr=False)
    _mark: int | None = field(init=False, default=None)
    _read_at: float = field(init=False, default=0.0)
    _lock: Lock = field(init=False, factory=Lock, repr=False)

    def start(self) -> None:
        """Begin with the news of this moment."""
        if self._read is not None:
            self._mark = self._read(None, 0).mark

    def follow(self) -> bool:
        """Look for news, if the last look was a while ago. Returns False where there are none."""
        if self._read is None or monotonic() < self._read_at + _READ_EVERY:
            return False
        self._read_at = monotonic()
        news = self._read(self._mark, _READ_AT_ONCE)
        self._mark = news.mark
        snapshots = [event("device", Device.of(device)) for device in news.devices]
        if not snapshots and not news.are_too_many:
            return False
        with self._lock:
            if news.are_too_many:
                # One that nobody gets: every stream has lost something.
                self.count += 1
                self._forget(len(self._recent) + 1)
            self.count += len(snapshots)
            self._recent.extend(snapshots)
            self._forget(len(self._recent) - _KEPT)
        return True

    def after(self, seen: int) -> tuple[bytes, int] | None:
        """The snapshots after so many, and how many a stream has seen with them; None where some are lost."""
        with self._lock:
            if seen < self._lost:
                return None
            return b"".join(islice(self._recent, seen - self._lost, None)), self.count

    def _forget(self, number: int) -> None:
        for _ in range(number):
            self._lost += 1
            if self._recent:
                self._recent.popleft()
