"""What is recorded about devices."""

from __future__ import annotations

from attrs import frozen

from iotconfig.domain.devices.silence import NO_INTERVALS, ExpectedIntervals

from . import parsers
from .fields import setting


@frozen
class DevicesSettings:
    """What is recorded about devices."""

    sightings_interval: float = setting(
        "IOTCONFIG_SIGHTINGS_INTERVAL",
        parsers.number(float, 0, 3600),
        10,
        "Seconds within which each worker writes what it has seen in fetches; 0: fetches are not recorded",
    )
    expected_intervals: ExpectedIntervals = setting(
        "IOTCONFIG_EXPECTED_INTERVALS",
        parsers.intervals,
        NO_INTERVALS,
        "How often devices are expected to show a sign of life, by their tags, such as mains=10m,battery=25h: a device that "
        "is silent for twice as long, and 2 minutes more, is overdue. The longest interval of its tags counts; "
        "a device without one is never overdue",
    )
