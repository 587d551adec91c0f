"""The interface between the commands and the program that runs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from iotconfig.adapters.codec.document_answers import DeviceDocument
    from iotconfig.adapters.codec.health_answers import Healthy, Unhealthy
    from iotconfig.domain.access.use_cases import ApiTokenUseCases
    from iotconfig.domain.announcing.use_cases import NotificationUseCases
    from iotconfig.domain.configs.adoption_use_cases import AdoptionUseCases
    from iotconfig.domain.configs.bulk_use_cases import BulkUseCases
    from iotconfig.domain.configs.change_use_cases import ChangeUseCases
    from iotconfig.domain.configs.config_use_cases import ConfigUseCases
    from iotconfig.domain.configs.history_use_cases import HistoryUseCases
    from iotconfig.domain.configs.revisions import ChangeNote
    from iotconfig.domain.configs.tag_use_cases import TagUseCases
    from iotconfig.domain.devices.device_events import DeviceEventSource
    from iotconfig.domain.devices.new_boards import NewBoardReader
    from iotconfig.domain.devices.use_cases import DeviceReadings, DeviceTokenUseCases
    from iotconfig.domain.layering.model_use_cases import ModelUseCases
    from iotconfig.domain.layering.use_cases import LayerUseCases
    from iotconfig.domain.mac import MacAddress
    from iotconfig.domain.secrets.use_cases import SecretUseCases


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

    @property
    def url(self) -> object:
        """The URL of the database; its `str` has no password."""
        ...

    def status(self) -> SchemaStatus:
        """Read the state of the schema. Creates nothing."""
        ...

    def upgrade(self, *, recreate: bool = False) -> Sequence[object]:
        """Apply pending migrations and return them; `recreate` drops all our tables first."""
        ...


class Backups(Protocol):
    """Backups of the database."""

    def back_up(self, target: Path | None = None) -> Path:
        """Copy the database into a new file, and return its path."""
        ...

    def restore(self, source: Path) -> Path | None:
        """Replace the database by a backup; return where its former file is kept, None without one."""
        ...


class Services(Protocol):
    """The use cases, wherever they run: on a database that is open, or on a service over HTTP.

    Each is made at its first use. All may raise `StoreUnavailable`.
    """

    @property
    def max_content_bytes(self) -> int:
        """The largest content of a config, in bytes of UTF-8."""
        ...

    @property
    def configs(self) -> ConfigUseCases:
        """One config at a time."""
        ...

    @property
    def history(self) -> HistoryUseCases:
        """Revisions of configs."""
        ...

    @property
    def changes(self) -> ChangeUseCases:
        """The change log."""
        ...

    @property
    def bulk(self) -> BulkUseCases:
        """Many configs at once."""
        ...

    @property
    def tags(self) -> TagUseCases:
        """Tags and notes of devices."""
        ...

    @property
    def secrets(self) -> SecretUseCases:
        """Values that documents name."""
        ...

    @property
    def layers(self) -> LayerUseCases:
        """Documents that reach many devices."""
        ...

    def explained(self, mac_address: MacAddress, at: datetime | None = None) -> DeviceDocument:
        """The document of a device with the source of each value, which `members` and `removals` have.

        at: a time; then it is what the device was served at this time.

        Raises as `ExplanationService.document` does.
        """
        ...

    @property
    def models(self) -> ModelUseCases:
        """Models of devices, and which devices break them."""
        ...

    @property
    def adoption(self) -> AdoptionUseCases:
        """First configs of new boards."""
        ...

    @property
    def new_boards(self) -> NewBoardReader | None:
        """Boards that asked for a document and never had one; None where the database does not keep them."""
        ...

    @property
    def devices(self) -> DeviceReadings | None:
        """What devices run; None where the database keeps no evidence."""
        ...

    @property
    def device_events(self) -> DeviceEventSource | None:
        """What happens to devices; None where the database keeps no evidence."""
        ...

    @property
    def notifications(self) -> NotificationUseCases:
        """Pending notifications."""
        ...

    def health(self) -> Healthy | Unhealthy:
        """Whether the service works."""
        ...

    @property
    def api_tokens(self) -> ApiTokenUseCases:
        """Tokens of programs."""
        ...

    @property
    def device_tokens(self) -> DeviceTokenUseCases:
        """Tokens of devices."""
        ...


class Identity(Protocol):
    """The caller, as a service knows it."""

    @property
    def subject(self) -> str:
        """The author of the caller's changes."""
        ...

    @property
    def roles(self) -> Sequence[str]:
        """The roles."""
        ...


class SignIn(Protocol):
    """A sign-in at a terminal that has begun."""

    @property
    def user_code(self) -> str:
        """The code that the person enters or compares."""
        ...

    @property
    def verification_uri(self) -> str:
        """The page where the person enters the code."""
        ...

    @property
    def verification_uri_complete(self) -> str | None:
        """The same page with the code; None if there is none."""
        ...

    @property
    def expires_in(self) -> int:
        """The seconds in which the person must approve it."""
        ...


class Login(Protocol):
    """A login that was kept."""

    @property
    def installation(self) -> str:
        """The URL of the service."""
        ...

    @property
    def caller(self) -> Identity:
        """Whom the service takes the token for."""
        ...

    @property
    def expires_in(self) -> int | None:
        """The seconds for which it is valid; None for an API token, or without one."""
        ...


class Logout(Protocol):
    """A login that was forgotten."""

    @property
    def installation(self) -> str:
        """The URL of the service."""
        ...

    @property
    def sign_out_url(self) -> str | None:
        """The page that ends a person's sign-in in the browser; None for an API token."""
        ...


class Runtime(Protocol):
    """The interface between the commands and the program that runs them. Each part is created at its first use."""

    @property
    def installation(self) -> str:
        """The installation that commands read and change, as messages name it: a URL, without its password."""
        ...

    def schema(self) -> Schema:
        """The schema of the database, for commands that maintain it."""
        ...

    def backups(self) -> Backups:
        """Backups of the database."""
        ...

    def services(self, *, prepares: bool = False) -> AbstractContextManager[Services]:
        """Open the use cases; they are closed at the end of the block.

        `prepares`: create or upgrade an embedded database first. Refused on a service.

        Raises `StoreUnavailable` where the schema is not the one that this version needs.
        """
        ...

    def new_secrets_key(self) -> str:
        """A new random key that can encrypt secrets."""
        ...

    def reencrypt_secrets(self) -> int:
        """Encrypt all secrets with the first of the keys; return their number. Refused on a service."""
        ...

    def sign(self, author: str) -> None:
        """Name the author of the changes that follow, in place of the one of the environment."""
        ...

    def note(self, message: str | None) -> ChangeNote:
        """The author of a change, and the user's message.

        The author is the login name of the user; or the name that was given, which is marked as unverified.
        A service takes the author from the token if it requires one.
        """
        ...

    def login(
        self,
        url: str | None,
        ask_token: Callable[[str, str], str],
        show_sign_in: Callable[[SignIn], None] | None,
    ) -> Login:
        """Sign in to a service, or check an API token there; keep the login.

        url: None for the one in the environment.
        ask_token: returns an API token; it gets the URL, and the reason for which nobody can sign in there, empty
        for none. It is not called where a person signs in, or the service requires no token.
        show_sign_in: shows a person what to do to sign in; None to use an API token in any case.
        """
        ...

    def logout(self, url: str | None) -> Logout | None:
        """Forget the token of a service; None where there was no login.

        url: None for the service that commands work on.
        """
        ...

    def relay(self, on_start: Callable[[str], None]) -> None:
        """Relay notifications to the broker until SIGTERM or an interrupt; `on_start` gets one line to show."""
        ...

    def serve(self, host: str, port: int, workers: int, *, relays: bool) -> int:
        """Serve the HTTP API until SIGTERM or an interrupt, and relay notifications if `relays`.

        Returns the exit status.
        """
        ...
