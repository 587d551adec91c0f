"""Accepted keys, and when each expires."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from .records import Records


@frozen
class JsonFileReplayGuard:
    """`ReplayGuard` over one block's records."""

    _records: Records

    def claim(self, key: str, now: datetime, until: datetime) -> bool:
        live = {known: end for known, end in self._records.accepted.items() if end > now}
        is_new = key not in live
        self._records.accepted = {key: until, **live}
        return is_new
