"""`DeviceTokenStore`: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import DeviceTokenStoreContract


class TestDeviceTokenStore(DeviceTokenStoreContract):
    """Over each kind of store."""
