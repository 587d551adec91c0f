"""`ConfigReader.find`: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import ConfigQueriesContract


class TestLists(ConfigQueriesContract):
    """Over each kind of store."""
