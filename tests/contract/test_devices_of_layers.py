"""Devices that layers alone serve: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import DevicesOfLayersContract


class TestDevicesOfLayers(DevicesOfLayersContract):
    """Over each kind of store."""
