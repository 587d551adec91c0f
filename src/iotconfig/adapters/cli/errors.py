"""Errors of the domain, as one line for the person at the terminal."""

from __future__ import annotations

from iotconfig.domain.errors import IotConfigError, StoreUnavailable


def one_line(error: IotConfigError) -> str:
    """The error's sentence; where the store is away, with the reason that only operators get to see."""
    reason = error.reason if isinstance(error, StoreUnavailable) else ""
    return " ".join(f"{error} ({reason})".split()) if reason else str(error)
