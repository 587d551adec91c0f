"""Documents that are not the content: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import ServingContract


class TestServing(ServingContract):
    """Over each kind of store."""
