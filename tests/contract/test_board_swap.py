"""Replacing a board: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import BoardSwapsContract


class TestSwaps(BoardSwapsContract):
    """Over each kind of store."""
