"""Errors of the domain as one line."""

from __future__ import annotations

from iotconfig.domain.errors import IotConfigError, StoreUnavailable


def one_line(error: IotConfigError) -> str:
    """The error's sentence; if the store is unavailable, with the reason, which only operators see."""
    reason = error.reason if isinstance(error, StoreUnavailable) else ""
    return " ".join(f"{error} ({reason})".split()) if reason else str(error)
