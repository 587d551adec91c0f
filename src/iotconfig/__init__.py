"""The system of record for the configuration of ESP32-class devices.

Importing this package loads its core and no adapter. `open_service` loads the
adapters that its URL asks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._version import __version__
from .domain.config import UNCONDITIONAL, Config, ConfigSummary, Device, Document, Precondition
from .domain.content import ConfigContent
from .domain.errors import (
    ContentTooLarge,
    InvalidDocument,
    InvalidMacAddress,
    IotConfigError,
    PreconditionFailed,
    RecordExists,
    RecordNotFound,
    StoreFull,
    StoreUnavailable,
    ValidationFailed,
)
from .domain.mac import MacAddress
from .domain.search import ConfigPage, ConfigQuery
from .domain.service import ConfigService

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = [
    "UNCONDITIONAL",
    "Config",
    "ConfigContent",
    "ConfigPage",
    "ConfigQuery",
    "ConfigService",
    "ConfigSummary",
    "ContentTooLarge",
    "Device",
    "Document",
    "InvalidDocument",
    "InvalidMacAddress",
    "IotConfigError",
    "MacAddress",
    "Precondition",
    "PreconditionFailed",
    "RecordExists",
    "RecordNotFound",
    "StoreFull",
    "StoreUnavailable",
    "ValidationFailed",
    "__version__",
    "open_service",
]


def open_service(database_url: str, *, upgrade: bool = False) -> AbstractContextManager[ConfigService]:
    """A service on a database, closed at the end of the `with` block.

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
