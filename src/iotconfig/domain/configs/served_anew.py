"""Another document for a device whose own content stays: a layer, a tag or a model has changed."""

from __future__ import annotations

from typing import Self

from attrs import frozen

from iotconfig.domain.announcing.announcement import Announcement
from iotconfig.domain.documents.served import ServedDocument

from .announcements import announce_config
from .config import Config


@frozen
class ServedAnew:
    """Another document for the device of a config. `UnitOfWork.serve` stores it."""

    config: Config
    """The config, which stays as it is."""
    document: ServedDocument
    """What the device is served from now on."""
    document_number: int

    @classmethod
    def of(cls, config: Config, document: ServedDocument) -> Self:
        """The next document of the device of a config, which was read after its counter was locked."""
        return cls(config, document, config.document_number + 1)

    def served(self) -> Config:
        """The config with the fields of the document."""
        return self.config.serving(self.document.content, self.document_number, is_followed=True)

    def announcement(self) -> Announcement:
        """The announcement of the document."""
        return announce_config(self.served(), self.document_number)
