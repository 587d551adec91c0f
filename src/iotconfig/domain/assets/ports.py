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
    """Opens such transactions; every `Store` does."""

    def writing(self) -> AbstractContextManager[UploadWork]:
        """A transaction: stored when the block ends, rolled back whole when it raises."""
        ...
