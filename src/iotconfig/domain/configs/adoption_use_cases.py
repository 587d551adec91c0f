"""The use cases of `AdoptionService` as HTTP and the commands call them, whether they run on a database or on a service."""

from __future__ import annotations

from typing import Protocol

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.mac import MacAddress

from .config import Config, ConfigSummary
from .labels import Labels
from .revisions import ChangeNote


class AdoptionUseCases(Protocol):
    """The use cases of `AdoptionService`; its docstrings are the contract."""

    def add(
        self,
        mac_address: MacAddress,
        labels: Labels = ...,
        content: ConfigContent | None = ...,
        note: ChangeNote = ...,
    ) -> ConfigSummary:
        """Make a device of a board, with content of its own, or served by layers alone."""
        ...

    def adopt(self, mac_address: MacAddress, content: ConfigContent, note: ChangeNote = ...) -> Config:
        """Create the config of a new board."""
        ...

    def adopt_like(self, mac_address: MacAddress, like: MacAddress, note: ChangeNote = ...) -> Config:
        """Create the config of a new board with the content and the tags of another device."""
        ...
