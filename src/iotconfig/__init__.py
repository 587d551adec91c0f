"""The system of record for the configuration of ESP32-class devices.

Importing this package loads next to nothing: the parts of its core are loaded
when their names are first used, and the adapters by `open_service`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from ._version import __version__

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .domain.config import UNCONDITIONAL, Config, ConfigSummary, Device, Document, Precondition
    from .domain.content import ConfigContent
    from .domain.edits import Merge, Replace, Rollback
    from .domain.errors import (
        ContentTooLarge,
        InvalidDocument,
        InvalidMacAddress,
        IotConfigError,
        PreconditionFailed,
        RecordExists,
        RecordGone,
        RecordNotFound,
        ServiceClosed,
        StoreFull,
        StoreUnavailable,
        ValidationFailed,
    )
    from .domain.fleet import Entry, OnConflict, Refusal, Rules, Tally
    from .domain.fleet_service import FleetService
    from .domain.history_service import HistoryService
    from .domain.mac import MacAddress
    from .domain.merge_patch import MergePatch
    from .domain.revisions import DeletedQuery, HistoryQuery, Note, Retention, Revision
    from .domain.search import ConfigPage, ConfigQuery
    from .domain.service import ConfigService

__all__ = [
    "UNCONDITIONAL",
    "Config",
    "ConfigContent",
    "ConfigPage",
    "ConfigQuery",
    "ConfigService",
    "ConfigSummary",
    "ContentTooLarge",
    "DeletedQuery",
    "Device",
    "Document",
    "Entry",
    "FleetService",
    "HistoryQuery",
    "HistoryService",
    "InvalidDocument",
    "InvalidMacAddress",
    "IotConfigError",
    "MacAddress",
    "Merge",
    "MergePatch",
    "Note",
    "OnConflict",
    "Precondition",
    "PreconditionFailed",
    "RecordExists",
    "RecordGone",
    "RecordNotFound",
    "Refusal",
    "Replace",
    "Retention",
    "Revision",
    "Rollback",
    "Rules",
    "ServiceClosed",
    "StoreFull",
    "StoreUnavailable",
    "Tally",
    "ValidationFailed",
    "__version__",
    "open_service",
]

_HOMES: Final = {
    "config": (
        "UNCONDITIONAL",
        "Config",
        "ConfigSummary",
        "Device",
        "Document",
        "Precondition",
    ),
    "content": ("ConfigContent",),
    "edits": (
        "Merge",
        "Replace",
        "Rollback",
    ),
    "errors": (
        "ContentTooLarge",
        "InvalidDocument",
        "InvalidMacAddress",
        "IotConfigError",
        "PreconditionFailed",
        "RecordExists",
        "RecordGone",
        "RecordNotFound",
        "ServiceClosed",
        "StoreFull",
        "StoreUnavailable",
        "ValidationFailed",
    ),
    "fleet": (
        "Entry",
        "OnConflict",
        "Refusal",
        "Rules",
        "Tally",
    ),
    "fleet_service": ("FleetService",),
    "history_service": ("HistoryService",),
    "mac": ("MacAddress",),
    "merge_patch": ("MergePatch",),
    "revisions": (
        "DeletedQuery",
        "HistoryQuery",
        "Note",
        "Retention",
        "Revision",
    ),
    "search": (
        "ConfigPage",
        "ConfigQuery",
    ),
    "service": ("ConfigService",),
}

_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load the part of the core that a name comes from, when it is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f".domain.{_HOME_OF[name]}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__


def open_service(database_url: str, *, upgrade: bool = False) -> AbstractContextManager[ConfigService]:
    """A service on a database, closed at the end of the `with` block.

    Closed, it raises `ServiceClosed`, and so does what was made of its `store`.

    `database_url`: `postgresql://user:password@host/name`, `sqlite:///file.db`
    (relative; four slashes for an absolute path), or `memory://` for a store
    that is gone at the end of the block.

    `upgrade`: apply pending migrations first; a SQLite file that does not exist
    is created. Without it, a schema that is not current is refused.

    Raises `ValidationFailed` for a URL of another kind, `StoreUnavailable` where
    the database does not answer or its schema is not current.
    """
    from .entrypoints.library import open_service

    return open_service(database_url, upgrade=upgrade)
