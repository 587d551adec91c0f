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

    from .domain.configs.bulk import BulkEntry, BulkOptions, BulkRefusal, OnConflict, Tally
    from .domain.configs.bulk_service import BulkService
    from .domain.configs.config import Config, ConfigSummary
    from .domain.configs.counter import RevisionCounter
    from .domain.configs.edits import Merge, Replace, Rollback
    from .domain.configs.history import HistoryService
    from .domain.configs.precondition import UNCONDITIONAL, Precondition
    from .domain.configs.query import ConfigPage, ConfigQuery
    from .domain.configs.revisions import ChangeNote, DeletedQuery, HistoryQuery, Retention, Revision
    from .domain.configs.selection import Selection
    from .domain.configs.service import ConfigService
    from .domain.documents.content import ConfigContent
    from .domain.documents.document import Document
    from .domain.documents.member_value import MemberValue
    from .domain.documents.merge_patch import MergePatch
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
    from .domain.mac import MacAddress

__all__ = [
    "UNCONDITIONAL",
    "BulkEntry",
    "BulkOptions",
    "BulkRefusal",
    "BulkService",
    "ChangeNote",
    "Config",
    "ConfigContent",
    "ConfigPage",
    "ConfigQuery",
    "ConfigService",
    "ConfigSummary",
    "ContentTooLarge",
    "DeletedQuery",
    "Document",
    "HistoryQuery",
    "HistoryService",
    "InvalidDocument",
    "InvalidMacAddress",
    "IotConfigError",
    "MacAddress",
    "MemberValue",
    "Merge",
    "MergePatch",
    "OnConflict",
    "Precondition",
    "PreconditionFailed",
    "RecordExists",
    "RecordGone",
    "RecordNotFound",
    "Replace",
    "Retention",
    "Revision",
    "RevisionCounter",
    "Rollback",
    "Selection",
    "ServiceClosed",
    "StoreFull",
    "StoreUnavailable",
    "Tally",
    "ValidationFailed",
    "__version__",
    "open_service",
]

_HOMES: Final = {
    "configs.config": (
        "Config",
        "ConfigSummary",
    ),
    "configs.counter": ("RevisionCounter",),
    "configs.precondition": (
        "UNCONDITIONAL",
        "Precondition",
    ),
    "documents.content": ("ConfigContent",),
    "documents.document": ("Document",),
    "configs.edits": (
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
    "configs.bulk": (
        "BulkEntry",
        "OnConflict",
        "BulkRefusal",
        "BulkOptions",
        "Tally",
    ),
    "configs.bulk_service": ("BulkService",),
    "configs.history": ("HistoryService",),
    "mac": ("MacAddress",),
    "documents.member_value": ("MemberValue",),
    "documents.merge_patch": ("MergePatch",),
    "configs.revisions": (
        "DeletedQuery",
        "HistoryQuery",
        "ChangeNote",
        "Retention",
        "Revision",
    ),
    "configs.query": (
        "ConfigPage",
        "ConfigQuery",
    ),
    "configs.selection": ("Selection",),
    "configs.service": ("ConfigService",),
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
    from .entrypoints.library import open_configs

    return open_configs(database_url, upgrade=upgrade)
