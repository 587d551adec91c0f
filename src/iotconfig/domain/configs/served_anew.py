"""Another document for a device whose own content stays: a layer, a tag or a model has changed."""

from __future__ import annotations

from typing import Self

from attrs import frozen

from iotconfig.domain.announcing.announcement import Announcement
from iotconfig.domain.documents.served import ServedDocument

from .announcements import announce_config
from .config import Config
from .counter import RevisionCounter


@frozen
class ServedAnew:
    """Another document for the device of a config. `UnitOfWork.serve` stores it."""

    config: Config
    """The config, which stays as it is."""
    document: ServedDocument
    """What the device is served from now on."""
    document_number: int

    @classmethod
    def of(cls, counter: RevisionCounter, config: Config, document: ServedDocument) -> Self:
        """The next document of a device whose counter is locked."""
        return cls(config, document, counter.next_document_number())

    def announcement(self) -> Announcement:
        """The announcement of the document."""
        served = self.config.serving(self.document.content, is_followed=True)
        return announce_config(served, self.document_number)
