"""`BulkWrite`: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import BulkRemovalsContract, BulkWriteContract


class TestBulkWrite(BulkWriteContract):
    """Over each kind of store."""


class TestBulkRemovals(BulkRemovalsContract):
    """Over each kind of store."""
