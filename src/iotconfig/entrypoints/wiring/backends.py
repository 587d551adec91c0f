"""The database of the settings: PostgreSQL or SQLite, or a store of another package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from attrs import field, frozen

from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.jobs.ports import Lease, Wakeup
from iotconfig.entrypoints.settings import InvalidSetting, Settings

from .clock import utc_now
from .databases import (
    database_maintenance,
    database_url,
    lease_and_wakeup,
    migrations,
    open_database,
    parse_database_url,
    wakeup,
)
from .persistence import Persistence
from .secrets import cipher
from .sql import SqlPersistence

if TYPE_CHECKING:
    from iotconfig.adapters.sql.backups import Backups
    from iotconfig.adapters.sql.migrations import Migrations

_OURS: Final = frozenset({"postgresql", "postgres", "sqlite"})


class Backend(Protocol):
    """A database before it is opened. `str()` is its URL, without a password."""

    @property
    def stores_states(self) -> bool:
        """Whether it stores the states of devices, which a job then keeps up to date."""
        ...

    @property
    def keeps_messages(self) -> bool:
        """Whether it keeps what devices say over the broker."""
        ...

    def files(self) -> Sequence[Path]:
        """The files with secrets that other users of the machine should not read."""
        ...

    def schema(self) -> Migrations:
        """The schema, for commands that maintain it. Raises `InvalidSetting` where another package maintains it."""
        ...

    def backups(self) -> Backups:
        """Backups, for the commands. Raises `InvalidSetting` where another package maintains the database."""
        ...

    def prepare(self) -> Sequence[object]:
        """Create or upgrade an embedded database, require another to be current; return the applied migrations.

        Raises `StoreUnavailable`.
        """
        ...

    def upgrade(self) -> None:
        """Apply pending migrations. Raises `StoreUnavailable`."""
        ...

    def require_current(self) -> None:
        """Raise `StoreUnavailable` where this version cannot work with the database."""
        ...

    def require_existing(self) -> None:
        """Raise `StoreUnavailable`, with the remedy, if there is none."""
        ...

    def open(self) -> Persistence:
        """Open it; connections are made at their first use. The caller closes it."""
        ...

    def lease_and_wakeup(self, job: str) -> tuple[Lease, Wakeup]:
        """The lease of the job of this name, and the signal that there is something to do for it."""
        ...

    def maintenance(self) -> AbstractContextManager[Mapping[str, str]]:
        """Maintenance by the supervisor; gives variables for the environment of its processes."""
        ...


def backend(settings: Settings) -> Backend:
    """The database of the settings, which is not asked anything yet. Raises `InvalidSetting`."""
    try:
        return backend_at(settings.database.url, settings)
    except ValidationFailed as error:
        raise InvalidSetting(f"DATABASE_URL: {error}") from None


def backend_at(url: str, settings: Settings) -> Backend:
    """The database at a URL, with the other settings. Raises `ValidationFailed`."""
    scheme, separator, _ = url.partition("://")
    if separator and scheme.partition("+")[0] not in _OURS:
        # Looking for installed packages takes longer than the rest of a start.
        from .external import external_backend

        if (found := external_backend(scheme, url, cipher(settings))) is not None:
            return found
    parse_database_url(url)
    return SqlBackend(settings)


@frozen
class SqlBackend:
    """`Backend` of PostgreSQL and SQLite."""

    _settings: Settings
    keeps_messages: bool = field(init=False, default=True)

    def __str__(self) -> str:
        return str(database_url(self._settings))

    @property
    def stores_states(self) -> bool:
        return True

    def files(self) -> Sequence[Path]:
        url = database_url(self._settings)
        if not url.is_sqlite:
            return ()
        return (url.path, *(url.path.with_name(f"{url.path.name}-{kind}") for kind in ("wal", "shm")))

    def schema(self) -> Migrations:
        return migrations(self._settings)

    def backups(self) -> Backups:
        from iotconfig.adapters.sql.backups import Backups

        return Backups(database_url(self._settings), utc_now)

    def prepare(self) -> Sequence[object]:
        return migrations(self._settings).prepare()

    def upgrade(self) -> None:
        migrations(self._settings).upgrade()

    def require_current(self) -> None:
        migrations(self._settings).require_current()

    def require_existing(self) -> None:
        migrations(self._settings).require_existing()

    def open(self) -> SqlPersistence:
        settings = self._settings
        return SqlPersistence(
            open_database(settings),
            partial(wakeup, settings),
            settings.devices.expected_intervals,
            settings.content.max_bytes,
            cipher(settings),
        )

    def lease_and_wakeup(self, job: str) -> tuple[Lease, Wakeup]:
        return lease_and_wakeup(self._settings, job)

    def maintenance(self) -> AbstractContextManager[Mapping[str, str]]:
        return database_maintenance(self._settings)
