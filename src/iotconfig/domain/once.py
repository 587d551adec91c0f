"""What may be accepted once only: the state of a sign-in, the signature of an upload."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class OnceOnly(Protocol):
    """Remembers what was accepted, for as long as it could be accepted again."""

    def claim(self, key: str, now: datetime, until: datetime) -> bool:
        """Accept `key` (at most 255 characters); False where it was accepted before.

        A key is what it is for, a space, and a digest: `asset 9f86d0…`, `sign-in 2c2624…`.

        Of two that claim the same key at the same time, one waits for the
        other's transaction, and gets True only if that was rolled back. From
        `until` on the key is new again; what expired is removed by later claims.
        """
        ...
