"""The guard against replays: the state of a sign-in or the signature of an upload is accepted once."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol


class ReplayGuard(Protocol):
    """Remembers accepted keys until they expire."""

    def claim(self, key: str, now: datetime, until: datetime) -> bool:
        """Accept `key` (at most 255 characters); False if it was accepted before.

        A key consists of its purpose, a space and a digest: `asset 9f86d0…`, `sign-in 2c2624…`.

        If two transactions claim the same key at the same time, the second waits for the
        first, and gets True only if the first was rolled back. From `until` on the key can
        be accepted again; later claims remove expired keys.
        """
        ...


class GuardedWork(Protocol):
    """A transaction that can claim a key."""

    @property
    def replay_guard(self) -> ReplayGuard:
        """The guard for the keys that this transaction claims."""
        ...


class GuardedStore(Protocol):
    """A store whose transactions can claim keys. Every `Store` is one."""

    def writing(self) -> AbstractContextManager[GuardedWork]:
        """Open a transaction: committed when the block ends, rolled back if the block raises."""
        ...
