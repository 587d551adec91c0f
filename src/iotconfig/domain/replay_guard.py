"""The guard against replays: the state of a sign-in or the signature of an upload is accepted once."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol


class ReplayGuard(Protocol):
    """Remembers accepted keys until they expire."""

    def claim(self, key: str, now: datetime, until: datetime) -> bool:
        """Accept `key` (at most 255 characters); False where it was accepted before.

        A key is what it is for, a space, and a digest: `asset 9f86d0…`, `sign-in 2c2624…`.

        Of two that claim the same key at the same time, one waits for the
        other's transaction, and gets True only if that was rolled back. From
        `until` on the key is new again; what expired is removed by later claims.
        """
        ...


class GuardedWork(Protocol):
    """A transaction that can claim a key."""

    @property
    def replay_guard(self) -> ReplayGuard:
        """The keys that this transaction claims."""
        ...


class GuardedStore(Protocol):
    """Opens such transactions; every `Store` is one."""

    def writing(self) -> AbstractContextManager[GuardedWork]:
        """A transaction: stored when the block ends, rolled back whole when it raises."""
        ...
