"""Undoing a change: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import UndoContract, UndoOfBoardsContract


class TestUndo(UndoContract):
    """Over each kind of store."""


class TestUndoOfBoards(UndoOfBoardsContract):
    """Over each kind of store."""
