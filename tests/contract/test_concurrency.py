"""Writers at the same time: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import ConcurrencyContract


class TestConcurrency(ConcurrencyContract):
    """Over each kind of store."""
