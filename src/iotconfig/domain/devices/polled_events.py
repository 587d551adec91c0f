"""What happens to devices, where nothing tells it: read once a second, from what was stored since."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

from attrs import define, field, frozen

from iotconfig.domain.configs.change_query import ChangeQuery
from iotconfig.domain.configs.change_use_cases import ChangeUseCases
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.domain.paging import MAX_PAGE

from .device_events import DeviceEvents, joined
from .use_cases import DeviceUseCases

_EVERY: Final = 1.0
"""Seconds between two looks."""


@frozen
class PolledDeviceEvents:
    """`DeviceEventSource` of a database."""

    _devices: DeviceUseCases
    _changes: ChangeUseCases

    @contextmanager
    def follow(self) -> Iterator[_Polling]:
        yield _Polling(self._devices, self._changes)


@define
class _Polling:
    """`Following` of a database."""

    _devices: DeviceUseCases
    _changes: ChangeUseCases
    _mark: int | None = field(init=False, default=None)
    """Of the news of devices; None before the first look, and after one that failed."""
    _position: int = field(init=False, default=0)
    """The position of the log up to which it was read."""

    def wait(self, seconds: float) -> DeviceEvents:
        until = monotonic() + seconds
        while True:
            try:
                found = self._look()
            except StoreUnavailable as error:
                self._mark = None
                return DeviceEvents(problem=error)
            left = until - monotonic()
            if found or left <= 0:
                return found
            time.sleep(min(left, _EVERY))

    def _look(self) -> DeviceEvents:
        if self._mark is None:
            # In this order, the changes of the log that a later look finds include those that the first mark has.
            self._position = self._changes.find(ChangeQuery(limit=1)).bounds.position
            self._mark = self._devices.news(None, 0).mark
            return DeviceEvents(is_lost=True)
        news = self._devices.news(self._mark, MAX_PAGE)
        page = self._changes.find(ChangeQuery(after=self._position, oldest_first=True, limit=MAX_PAGE))
        is_continuous = page.bounds.holds(self._position)
        self._mark = news.mark
        self._position = page.changes[-1].position if is_continuous and page.changes else page.bounds.position
        found = DeviceEvents(tuple(news.devices), is_lost=news.are_too_many or not is_continuous)
        return joined([found, DeviceEvents.of_changes(page.changes)])
