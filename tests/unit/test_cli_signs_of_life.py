"""What a list of devices shows of their signs of life."""

from __future__ import annotations

from datetime import timedelta

import pytest

from iotconfig.adapters.cli.devices import signs_of_life
from iotconfig.domain.devices.state import State
from iotconfig.domain.devices.status import DeviceStatus
from iotconfig.testing.builders import mac
from iotconfig.testing.clocks import START


@pytest.mark.parametrize(
    ("hours", "online", "overdue", "expected"),
    [
        (None, None, False, "never"),
        (3, None, False, "3h"),
        (3, True, False, "3h, online"),
        (3, False, True, "3h, offline, overdue"),
        (-1, None, False, "0s"),
    ],
)
def test_signs_of_life(hours: int | None, online: bool | None, overdue: bool, expected: str) -> None:
    """The age, whether the device is connected to the broker, and whether it is overdue; no age is negative."""
    seen = None if hours is None else START - timedelta(hours=hours)
    status = DeviceStatus(mac(1), None, State.PENDING, overdue, "", 1, None, seen, online=online)

    assert expected == signs_of_life(status, START)
