"""Snapshots of devices for event streams: what is kept, and when a stream has lost some."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest import mock

import pytest

from iotconfig.adapters.http.events import recent_devices
from iotconfig.adapters.http.events.recent_devices import RecentDevices
from iotconfig.domain.devices.news import DeviceNews
from iotconfig.domain.devices.state import State
from iotconfig.domain.devices.status import DeviceStatus
from iotconfig.testing.builders import mac

KEPT = recent_devices._KEPT


def _status(number: int) -> DeviceStatus:
    now = datetime.now(UTC)
    return DeviceStatus(mac(number), None, State.PENDING, False, "Waits.", 1, None, now)


class _Devices:
    """News as a database has them."""

    def __init__(self) -> None:
        self.changed: list[int] = []
        self.marks: list[int | None] = []

    def read(self, after: int | None, limit: int) -> DeviceNews[DeviceStatus]:
        self.marks.append(after)
        changed, self.changed = self.changed, []
        if after is not None and len(changed) > limit:
            return DeviceNews(len(self.marks), are_too_many=True)
        return DeviceNews(len(self.marks), [] if after is None else list(map(_status, changed)))


@pytest.fixture
def devices() -> _Devices:
    return _Devices()


@pytest.fixture
def recent(devices: _Devices) -> RecentDevices:
    recent = RecentDevices(devices.read)
    recent.start()
    return recent


def _follow(recent: RecentDevices) -> bool:
    """Look for news, as if the last look was a while ago."""
    recent._read_at = 0.0
    return recent.follow()


def test_news_are_kept_for_each_stream(devices: _Devices, recent: RecentDevices) -> None:
    """A stream gets what came after its beginning, once."""
    devices.changed = [1, 2]
    assert _follow(recent)
    devices.changed = [1]
    assert _follow(recent)
    assert not _follow(recent)

    first, later = recent.after(0), recent.after(2)
    assert first is not None
    assert later is not None
    assert (3, 1, 3, 3) == (
        first[0].count(b"event: device"),
        later[0].count(b"event: device"),
        first[1],
        later[1],
    )
    assert (b"", 3) == recent.after(3)
    assert [None, 1, 2, 3] == devices.marks


def test_a_device_is_shown_once_a_second(devices: _Devices, recent: RecentDevices) -> None:
    """The database is not asked again before."""
    with mock.patch.object(recent_devices, "monotonic") as now:
        now.return_value = 100.0
        devices.changed = [1]
        assert recent.follow()
        devices.changed = [1]
        now.return_value = 100.9
        assert not recent.follow()
        now.return_value = 101.0
        assert recent.follow()
    assert 2 == recent.count


def test_a_stream_that_is_too_far_behind_has_lost_some(devices: _Devices, recent: RecentDevices) -> None:
    """It is told, and goes on with what is kept."""
    for _ in range(KEPT // 1000 + 1):
        devices.changed = list(range(1000))
        _follow(recent)

    assert None is recent.after(0)
    assert None is recent.after(recent.count - KEPT - 1)
    found = recent.after(recent.count - KEPT)
    assert found is not None
    assert KEPT == found[0].count(b"event: device")


def test_too_many_news_are_lost_for_every_stream(devices: _Devices, recent: RecentDevices) -> None:
    """Whoever joins afterwards has lost nothing."""
    devices.changed = [1]
    _follow(recent)
    devices.changed = list(range(1001))
    assert _follow(recent)

    assert None is recent.after(0)
    assert None is recent.after(1)
    assert (b"", 2) == recent.after(recent.count)


def test_a_database_without_evidence_has_no_news() -> None:
    recent = RecentDevices(None)
    recent.start()

    assert not recent.follow()
    assert (b"", 0) == recent.after(0)
