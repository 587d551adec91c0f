"""`NotificationOutbox`: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import NotificationOutboxContract


class TestOutbox(NotificationOutboxContract):
    """Over each kind of store."""
