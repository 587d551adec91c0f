"""`Store`, `UnitOfWork` and the repositories of configs and devices: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import ConfigsContract


class TestConfigs(ConfigsContract):
    """Over each kind of store."""
