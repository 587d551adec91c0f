"""`ChangeLog`, over every store."""

from iotconfig.testing import ChangeLogContract


class TestChangeLog(ChangeLogContract):
    """The suite, over every store."""
