"""The use cases of layers: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import LayeringContract


class TestLayering(LayeringContract):
    """Over each kind of store."""
