"""The end of a store: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import ClosingContract


class TestClosing(ClosingContract):
    """Over each kind of store."""
