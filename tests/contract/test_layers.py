"""Layers: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import LayersContract


class TestLayers(LayersContract):
    """Over each kind of store."""
