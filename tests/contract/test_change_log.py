"""`ChangeLog`, over every store."""

from iotconfig.testing import ChangeLogContract, ChangeSearchContract


class TestChangeLog(ChangeLogContract):
    """The suite, over every store."""


class TestChangeSearch(ChangeSearchContract):
    """Searches and pages, over every store."""
