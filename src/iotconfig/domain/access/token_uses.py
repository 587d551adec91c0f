"""When the use of a token is recorded: at most once a minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from attrs import define, field

RECORDED_EVERY: Final = timedelta(minutes=1)

RecordUse = Callable[[str, datetime], None]
"""Stores the time of the last use of the token with this key, now or soon. Raises nothing: a use that cannot be stored is lost."""


@define
class TokenUses:
    """Records uses of tokens, a token's at most once a minute, whether that succeeds or not."""

    _record: RecordUse
    _attempted: dict[str, datetime] = field(init=False, factory=dict)

    def record(self, key: str, recorded: datetime | None, now: datetime) -> None:
        """Record the use of a token at `now`, unless that was attempted within the last minute.

        `recorded`: the stored time. Of threads that use a token at the same moment, each may record it.
        """
        if _is_recent(recorded, now) or _is_recent(self._attempted.get(key), now):
            return
        self._attempted[key] = now
        self._record(key, now)


def _is_recent(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and now - moment < RECORDED_EVERY
