"""`Stage`: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import StageContract


class TestStage(StageContract):
    """Over each kind of store."""
