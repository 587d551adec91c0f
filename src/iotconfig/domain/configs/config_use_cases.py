"""The use cases of `ConfigService` as HTTP and the commands call them, whether they run on a database or on a service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.document import Document
from iotconfig.domain.mac import MacAddress

from .announcements import Reannounced
from .config import Config
from .edits import Edit
from .precondition import Precondition
from .query import ConfigPage, ConfigQuery
from .revisions import ChangeNote


class DocumentUseCases(Protocol):
    """The use case of `ConfigService` that devices have; its docstring is the contract."""

    def document(self, mac_address: MacAddress) -> Document:
        """Return the bytes that this device fetches, and their ETag."""
        ...


class ConfigUseCases(Protocol):
    """The use cases of `ConfigService` that operators have; its docstrings are the contract."""

    def create(self, mac_address: MacAddress, content: ConfigContent, note: ChangeNote = ...) -> Config:
        """Create the first config of a device."""
        ...

    def get(self, config_id: int) -> Config:
        """Return the config with this id."""
        ...

    def get_by_mac(self, mac_address: MacAddress) -> Config:
        """Return the config of this device."""
        ...

    def id_of(self, mac_address: MacAddress) -> int:
        """Return the id of the config of this device, which layers alone may serve."""
        ...

    def find(self, query: ConfigQuery) -> ConfigPage:
        """Return one page of the configs that match, sorted by MAC address."""
        ...

    def edit(
        self, config_id: int, edit: Edit, precondition: Precondition = ..., note: ChangeNote = ...
    ) -> Config:
        """Change a config's content."""
        ...

    def preview(
        self, config_id: int, edit: Edit, precondition: Precondition = ...
    ) -> tuple[Config, ConfigContent]:
        """Return the config, and the content that `edit` would store."""
        ...

    def put(
        self,
        mac_address: MacAddress,
        content: ConfigContent,
        precondition: Precondition = ...,
        note: ChangeNote = ...,
    ) -> tuple[Config, bool]:
        """Create or update by MAC address; return the config, and whether it was created."""
        ...

    def preview_put(
        self, mac_address: MacAddress, content: ConfigContent, precondition: Precondition = ...
    ) -> Config | None:
        """Return the config whose content `put` would replace; None where it would create one."""
        ...

    def replace_device(
        self,
        config_id: int,
        mac_address: MacAddress,
        precondition: Precondition = ...,
        note: ChangeNote = ...,
    ) -> Config:
        """Move a config to another board."""
        ...

    def delete(self, config_id: int, precondition: Precondition = ..., note: ChangeNote = ...) -> str:
        """Remove a config; return the id of the change."""
        ...

    def delete_device(
        self, mac_address: MacAddress, precondition: Precondition = ..., note: ChangeNote = ...
    ) -> str:
        """End a device, whose content or layers served it; return the id of the change."""
        ...

    def restore(self, config_id: int, note: ChangeNote = ...) -> Config:
        """Restore a deleted config under its id, with its last content."""
        ...

    def announce(self, config_id: int) -> Config:
        """Announce a config again, without a change."""
        ...

    def announce_all(self, *, hints_per_second: float | None = ...) -> int:
        """Announce every config again; return their number."""
        ...

    def announce_many(
        self, mac_addresses: Iterable[MacAddress | str], *, hints_per_second: float | None = ...
    ) -> Reannounced:
        """Announce the configs of these devices again."""
        ...
