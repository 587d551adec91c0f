"""Undoing a change: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import UndoContract


class TestUndo(UndoContract):
    """Over each kind of store."""
