"""`BulkWrite`: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import (
    BulkPruningContract,
    BulkRemovalsContract,
    BulkReplacedBoardsContract,
    BulkWriteContract,
)


class TestBulkWrite(BulkWriteContract):
    """Over each kind of store."""


class TestBulkRemovals(BulkRemovalsContract):
    """Over each kind of store."""


class TestBulkReplacedBoards(BulkReplacedBoardsContract):
    """Over each kind of store."""


class TestBulkPruning(BulkPruningContract):
    """Over each kind of store."""
