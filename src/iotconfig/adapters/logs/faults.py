"""What a log tells of an exception: enough to find the fault, and nothing that a caller sent.

The message of an exception that nobody foresaw may hold what it failed on, and
that may be the password of a Wi-Fi. So a message is told only where it was
written for readers, or is of a kind that speaks of the program and not of data.
"""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import Any, Final

_SPEAKS_OF_CODE: Final = (AttributeError, ImportError, MemoryError, NameError, RecursionError, TypeError)
_OURS: Final = __name__.partition(".")[0]

_FRAMES: Final = 16
_CAUSES: Final = 3


def fault_of(error: BaseException) -> dict[str, Any]:
    """The class of an error, its message where that is safe, where it came from, and what caused it."""
    told = _one(error)
    inner = told
    for _ in range(_CAUSES):
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is None:
            break
        inner["cause"] = _one(cause)
        error, inner = cause, inner["cause"]
    return told


def _one(error: BaseException) -> dict[str, Any]:
    told: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
    if message := _message(error):
        told["message"] = message
    told["trace"] = _trace(error.__traceback__)
    return told


def _message(error: BaseException) -> str | None:
    if isinstance(error, OSError):
        return error.strerror
    ours = type(error).__module__.partition(".")[0] == _OURS
    return str(error) if ours or isinstance(error, _SPEAKS_OF_CODE) else None


def _trace(trace: TracebackType | None) -> list[str]:
    """The innermost frames, each as `module:line function`: no path of the machine, and no values."""
    frames = list(traceback.walk_tb(trace))[-_FRAMES:]
    return [f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}" for frame, line in frames]
