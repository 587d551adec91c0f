"""`LastMessageStore`: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import LastMessageStoreContract


class TestLastMessageStore(LastMessageStoreContract):
    """Over each kind of store."""
