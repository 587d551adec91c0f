"""What the commands need from whoever starts them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from iotconfig.domain.access.api_tokens import ApiTokenService
    from iotconfig.domain.announcing.service import NotificationService
    from iotconfig.domain.configs.bulk_service import BulkService
    from iotconfig.domain.configs.history import HistoryService
    from iotconfig.domain.configs.revisions import ChangeNote
    from iotconfig.domain.configs.service import ConfigService
    from iotconfig.domain.devices.tokens import DeviceTokenService


class SchemaStatus(Protocol):
    """Where a database's schema stands."""

    @property
    def current(self) -> str | None:
        """The newest migration applied; None in an empty database."""
        ...

    @property
    def pending(self) -> Sequence[object]:
        """What an upgrade would apply, in order; `str` of each is one line."""
        ...

    @property
    def known(self) -> bool:
        """False where a newer version of the program has upgraded the database."""
        ...

    @property
    def missing(self) -> str:
        """What to say where there is no database."""
        ...

    @property
    def is_current(self) -> bool:
        """Whether this version can work with the database."""
        ...


class Schema(Protocol):
    """The schema of the database."""

    def status(self) -> SchemaStatus:
        """Read where it stands; nothing is created."""
        ...

    def require_current(self) -> None:
        """Raise `StoreUnavailable` where this version cannot work with it."""
        ...

    def upgrade(self, *, recreate: bool = False) -> Sequence[object]:
        """Apply what is pending, and return it; `recreate` drops all our tables first."""
        ...


class Runtime(Protocol):
    """The program as the environment configures it. Each part is made when it is asked for."""

    @property
    def database(self) -> str:
        """Which database, without its password."""
        ...

    @property
    def creates_database(self) -> bool:
        """Whether the database is the embedded one, which may be created on the way."""
        ...

    @property
    def max_content_bytes(self) -> int:
        """UTF-8 bytes that a config's content may have."""
        ...

    def schema(self) -> Schema:
        """The schema of the database."""
        ...

    def service(self) -> AbstractContextManager[ConfigService]:
        """The use cases on the database."""
        ...

    def note(self, message: str | None) -> ChangeNote:
        """The login name of who runs the command, and what they say about it."""
        ...

    def history(self) -> AbstractContextManager[HistoryService]:
        """The histories of the configs in the database."""
        ...

    def fleet(self) -> AbstractContextManager[BulkService]:
        """The use cases for many configs at once."""
        ...

    def notifications(self) -> AbstractContextManager[NotificationService]:
        """The pending notifications of the database."""
        ...

    def api_tokens(self) -> AbstractContextManager[ApiTokenService]:
        """The API tokens in the database."""
        ...

    def device_tokens(self) -> AbstractContextManager[DeviceTokenService]:
        """The device tokens in the database."""
        ...

    def relay(self, on_start: Callable[[str], None]) -> None:
        """Relay notifications to the broker until told to end; `on_start` gets one line to show."""
        ...

    def serve(self, host: str, port: int, workers: int, *, relays: bool) -> int:
        """Serve the HTTP API, and relay notifications if asked to, until told to end; the exit status."""
        ...
