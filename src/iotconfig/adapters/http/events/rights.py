"""The rights of a caller, for as long as an answer is sent to it."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final

from attrs import define, field

from iotconfig.domain.errors import (
    AuthenticationRequired,
    AuthorizationFailed,
    IotConfigError,
    TooManyRequests,
)

_TRIED_EVERY: Final = 1.0
"""Seconds between two attempts to check rights while that is not possible."""


@define
class Rights:
    """Checks now and then whether a caller still has its rights, which it had at the beginning."""

    _check: Callable[[], object]
    """Raises where it has not."""
    _every: float
    """Seconds."""
    are_confirmed: bool = field(init=False, default=True)
    """False while the rights cannot be checked, for example because the database is away."""
    checked_at: float = field(init=False)
    """When the next check is due, on the monotonic clock."""

    @checked_at.default
    def _first_check(self) -> float:
        return monotonic() + self._every

    def are_lost(self) -> bool:
        """Check the rights if that is due; True where the caller has lost them."""
        if monotonic() < self.checked_at:
            return False
        try:
            self._check()
        except (AuthenticationRequired, AuthorizationFailed, TooManyRequests):
            return True
        except IotConfigError:
            self.are_confirmed = False
        else:
            self.are_confirmed = True
        self.checked_at = monotonic() + (self._every if self.are_confirmed else _TRIED_EVERY)
        return False
