"""The clock of the shipped suites."""

from iotconfig.testing.clock import START, SteppingClock, step

__all__ = ["START", "SteppingClock", "step"]
