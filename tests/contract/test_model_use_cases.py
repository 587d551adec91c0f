"""Models in use: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import ModelUseCasesContract


class TestModelUseCases(ModelUseCasesContract):
    """Over each kind of store."""
