"""The clock of the shipped suites."""

from iotconfig.testing.clocks import START, SteppingClock, step

__all__ = ["START", "SteppingClock", "step"]
