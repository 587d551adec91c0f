"""Models: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import DeviceModelsContract, ModelsContract


class TestModels(ModelsContract):
    """Over each kind of store."""


class TestDeviceModels(DeviceModelsContract):
    """Over each kind of store."""
