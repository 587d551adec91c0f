"""Models: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import ModelsContract


class TestModels(ModelsContract):
    """Over each kind of store."""
