"""Secrets: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import SecretsContract


class TestSecrets(SecretsContract):
    """Over each kind of store."""
