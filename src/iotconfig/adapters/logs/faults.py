"""Exceptions in the log: enough to find the defect, and no data of a caller.

The message of an unexpected exception may quote data, such as a Wi-Fi password. So only messages
of our own exceptions are logged, and of kinds that refer to code and not to data.
"""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import Any, Final

_ABOUT_CODE: Final = (AttributeError, ImportError, MemoryError, NameError, RecursionError, TypeError)
_OURS: Final = __name__.partition(".")[0]

_FRAMES: Final = 16
_CAUSES: Final = 3


def fault_of(error: BaseException) -> dict[str, Any]:
    """Return the class of an error, its message if that is safe, its trace, and its causes."""
    found = _one(error)
    inner = found
    for _ in range(_CAUSES):
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is None:
            break
        inner["cause"] = _one(cause)
        error, inner = cause, inner["cause"]
    return found


def _one(error: BaseException) -> dict[str, Any]:
    found: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
    if message := _message(error):
        found["message"] = message
    found["trace"] = _trace(error.__traceback__)
    return found


def _message(error: BaseException) -> str | None:
    if isinstance(error, OSError):
        return error.strerror
    ours = type(error).__module__.partition(".")[0] == _OURS
    return str(error) if ours or isinstance(error, _ABOUT_CODE) else None


def _trace(trace: TracebackType | None) -> list[str]:
    """Return the innermost frames as `module:line function`, without file paths and values."""
    frames = list(traceback.walk_tb(trace))[-_FRAMES:]
    return [f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}" for frame, line in frames]
