"""Errors of the domain as one line."""

from __future__ import annotations

from iotconfig.domain.errors import IotConfigError, NothingSelected, PreconditionFailed, StoreUnavailable


def one_line(error: IotConfigError) -> str:
    """The error's sentence; if the store is unavailable, with the reason, which only operators see."""
    reason = error.reason if isinstance(error, StoreUnavailable) else ""
    return " ".join(f"{error} ({reason})".split()) if reason else str(error)


def refusal(error: IotConfigError) -> str:
    """The line for an error that ends a command: `one_line`, with the option that settles it."""
    if isinstance(error, NothingSelected):
        return f"{one_line(error)} --allow-empty accepts that."
    if not isinstance(error, PreconditionFailed):
        return one_line(error)
    revision = error.details.get("revision")
    if not isinstance(revision, int):
        return f"{one_line(error)} Leave out --if-revision to create the config."
    return f"{one_line(error)} --if-revision {revision} accepts the present revision."
