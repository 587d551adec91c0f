"""`ConfigReader.find`: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import ListsContract


class TestLists(ListsContract):
    """Over each kind of store."""
