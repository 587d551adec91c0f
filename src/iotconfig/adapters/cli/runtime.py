"""The interface between the commands and the program that runs them."""

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
    """The state of a database's schema."""

    @property
    def current(self) -> str | None:
        """The newest migration applied; None in an empty database."""
        ...

    @property
    def pending(self) -> Sequence[object]:
        """The migrations that an upgrade would apply, in order; `str` of each is one line."""
        ...

    @property
    def known(self) -> bool:
        """False where a newer version of the program has upgraded the database."""
        ...

    @property
    def missing(self) -> str:
        """The error if there is no database; else empty."""
        ...

    @property
    def is_current(self) -> bool:
        """Whether this version can work with the database."""
        ...


class Schema(Protocol):
    """The schema of the database."""

    def status(self) -> SchemaStatus:
        """Read the state of the schema. Creates nothing."""
        ...

    def prepare(self) -> Sequence[object]:
        """Upgrade an embedded database, or require any other to be current; returns the applied migrations."""
        ...

    def upgrade(self, *, recreate: bool = False) -> Sequence[object]:
        """Apply pending migrations and return them; `recreate` drops all our tables first."""
        ...


class Services(Protocol):
    """The use cases, wherever they run: on a database that is open, or later on a service over HTTP.

    Each is made at its first use. All may raise `StoreUnavailable`.
    """

    @property
    def configs(self) -> ConfigService:
        """One config at a time."""
        ...

    @property
    def history(self) -> HistoryService:
        """Revisions of configs."""
        ...

    @property
    def bulk(self) -> BulkService:
        """Many configs at once."""
        ...

    @property
    def notifications(self) -> NotificationService:
        """Pending notifications."""
        ...

    @property
    def api_tokens(self) -> ApiTokenService:
        """Tokens of programs."""
        ...

    @property
    def device_tokens(self) -> DeviceTokenService:
        """Tokens of devices."""
        ...


class Runtime(Protocol):
    """The interface between the commands and the program that runs them. Each part is created at its first use."""

    @property
    def database(self) -> str:
        """The URL of the database, without its password."""
        ...

    @property
    def max_content_bytes(self) -> int:
        """The largest content of a config, in bytes of UTF-8."""
        ...

    def schema(self) -> Schema:
        """The schema of the database."""
        ...

    def services(self) -> AbstractContextManager[Services]:
        """Open the use cases; they are closed at the end of the block.

        Raises `StoreUnavailable` where the schema is not the one that this version needs.
        """
        ...

    def note(self, message: str | None) -> ChangeNote:
        """The author of a change, which is the login name of the user, and the user's message."""
        ...

    def relay(self, on_start: Callable[[str], None]) -> None:
        """Relay notifications to the broker until SIGTERM or an interrupt; `on_start` gets one line to show."""
        ...

    def serve(self, host: str, port: int, workers: int, *, relays: bool) -> int:
        """Serve the HTTP API until SIGTERM or an interrupt, and relay notifications if `relays`.

        Returns the exit status.
        """
        ...
