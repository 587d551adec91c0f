"""Replacing a board: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import SwapsContract


class TestSwaps(SwapsContract):
    """Over each kind of store."""
