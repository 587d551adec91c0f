"""Settings: the environment is read here and nowhere else, into one frozen object.

A module for each section. Secrets are never in a `repr`. The sections are loaded when `Settings` is first
asked for: a command over HTTP reads its own section only, and most of its time is what it imports.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .fields import InvalidSetting
    from .sections import Settings, secret_files

__all__ = ["InvalidSetting", "Settings", "secret_files"]

_HOME_OF: Final = {"InvalidSetting": "fields", "Settings": "sections", "secret_files": "sections"}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
