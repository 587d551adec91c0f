"""Restoring deleted configs: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import RestoringContract


class TestRestoring(RestoringContract):
    """Over each kind of store."""
