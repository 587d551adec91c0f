"""History: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import HistoryContract


class TestHistory(HistoryContract):
    """Over each kind of store."""
