"""`ApiTokenStore`: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import ApiTokenStoreContract


class TestApiTokenStore(ApiTokenStoreContract):
    """Over each kind of store."""
