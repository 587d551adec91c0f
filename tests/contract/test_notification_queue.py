"""`NotificationQueue`: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import NotificationQueueContract


class TestNotificationQueue(NotificationQueueContract):
    """Over each kind of store."""
