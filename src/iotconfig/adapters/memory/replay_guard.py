"""Accepted keys."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from .state import State


@frozen
class MemoryReplayGuard:
    """`ReplayGuard` over one state."""

    _state: State

    def claim(self, key: str, now: datetime, until: datetime) -> bool:
        accepted = self._state.accepted
        for expired in [known for known, end in accepted.items() if end <= now]:
            del accepted[expired]
        if key in accepted:
            return False
        accepted[key] = until
        return True
