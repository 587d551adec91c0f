"""One change of one config, with the revision, the documents and the announcements that follow from it."""

from __future__ import annotations

from operator import attrgetter
from typing import Final, Self

from attrs import evolve, frozen

from iotconfig.domain.announcing.announcement import Announcement
from iotconfig.domain.documents.document import Document
from iotconfig.domain.documents.served import ServedDocument
from iotconfig.domain.mac import MacAddress

from .announcements import announce_config, announce_deletion
from .config import Config
from .revisions import ChangeNote, Operation, Revision

UNNUMBERED: Final = 0
"""The id of a config that the store has not numbered yet."""


@frozen
class Change:
    """One change of one config. `UnitOfWork.record` stores it."""

    operation: Operation
    config: Config
    """The config after the change. Deleted: as it was, with the revision and time of the deletion.
    A created one is `UNNUMBERED`."""
    document_number: int
    """The document number after the change: of the config's device, and of the board that it replaces."""
    document: ServedDocument | None
    """What the config's device is served after the change; None where it is served nothing."""
    replaces: MacAddress | None = None
    """The board that the config was on before a board swap."""
    undoes_creation: bool = False
    """A deletion that undoes the creation or restoration of the config, which was the last change of its device."""
    is_announced: bool = True
    """False only for an edit as one of many that leaves its device's document as it is."""

    @property
    def is_deletion(self) -> bool:
        """Whether the config is gone after the change."""
        return self.operation is Operation.DELETE

    def made_by(self, change_id: str) -> Self:
        """The change as part of the write with this id."""
        return evolve(self, config=evolve(self.config, change=change_id))

    def revision(self, note: ChangeNote) -> Revision:
        """The change as the history stores it."""
        config = self.config
        return Revision(
            config_id=config.id,
            mac_address=config.mac_address,
            revision=config.revision,
            operation=self.operation,
            content=config.content if config.has_content and not self.is_deletion else None,
            note=note,
            created_at=config.updated_at,
            change=config.change,
        )

    @property
    def is_followed(self) -> bool:
        """Whether a layer reaches the device, or is known to have reached it while it had this config."""
        return self.config.is_followed or (self.document is not None and bool(self.document.layers))

    def stored_config(self) -> Config:
        """The config after the change, with the fields of what its device is served."""
        is_content = self.config.served is None and not self.is_followed
        # A sealed document is another one than the content, without a layer, too.
        if self.document is None or (is_content and self.document.named is None):
            return self.config
        return self.config.serving(self.document.content, self.document_number, is_followed=self.is_followed)

    def documents(self) -> dict[MacAddress, Document | None]:
        """The documents after the change by device; None where the device has none any more."""
        documents: dict[MacAddress, Document | None] = {self.config.mac_address: None}
        if self.document is not None:
            content = self.document.content
            document = Document(self.document_number, bytes(content), content.etag)
            documents[self.config.mac_address] = document
        if self.replaces is not None:
            documents[self.replaces] = None
        return documents

    def announcements(self) -> list[Announcement]:
        """The announcements of the change, sorted by subject: the relay locks their rows in this order."""
        config, number = self.stored_config(), self.document_number
        if self.is_deletion:
            return [announce_deletion(config.mac_address, number, config.updated_at)]
        if self.replaces is None:
            return [announce_config(config, number)]
        left = announce_deletion(self.replaces, number, config.updated_at)
        return sorted((left, announce_config(config, number)), key=attrgetter("subject"))
