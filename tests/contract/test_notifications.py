"""`NotificationOutbox`: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import OutboxContract


class TestOutbox(OutboxContract):
    """Over each kind of store."""
