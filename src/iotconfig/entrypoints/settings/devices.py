"""What is recorded about devices."""

from __future__ import annotations

from attrs import frozen

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
