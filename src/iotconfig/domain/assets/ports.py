"""The part of a store that uploads use."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from iotconfig.domain.announcing.ports import NotificationOutbox
from iotconfig.domain.replay_guard import GuardedWork


class UploadWork(GuardedWork, Protocol):
    """A transaction that claims an upload's signature and announces the asset."""

    @property
    def notifications(self) -> NotificationOutbox:
        """The outbox of this transaction."""
        ...


class UploadStore(Protocol):
    """A store with such transactions. Every `Store` is one."""

    def writing(self) -> AbstractContextManager[UploadWork]:
        """Open a transaction: committed when the block ends, rolled back if the block raises."""
        ...
