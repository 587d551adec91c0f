"""Which document a device was served, and what it was composed of: a row for each document number, without bytes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from iotconfig.domain.documents.served import UsedLayer
from iotconfig.domain.mac import MacAddress

from .change import Change
from .served_anew import ServedAnew


@frozen
class DocumentRecord:
    """One document that a device was served, or the end of its documents."""

    mac_address: MacAddress
    number: int
    """The document number."""
    etag: str | None
    """The ETag of the document; None where the device was served nothing from then on."""
    config_id: int
    """The config that had the device's own content."""
    own_revision: int
    """The revision of the own content."""
    layers: tuple[UsedLayer, ...]
    """The layers that reached the device, lowest first."""
    rule: int
    """The version of the rule of composition that made the bytes."""
    created_at: datetime
    change: str = field(default="", eq=False)
    """The id of the write that made it. Not compared: ids are random."""


class DocumentHistoryReader(Protocol):
    """Reads which documents devices were served, from the first one that a layer reached.

    A device that no layer ever reached has no rows: its documents are the contents of its revisions.
    """

    def find(self, mac_address: MacAddress, before: int | None, limit: int) -> Sequence[DocumentRecord]:
        """Return up to `limit` rows of a device, the newest first; only those whose number is below `before`."""
        ...


def records_of(change: Change, *, is_followed: bool) -> list[DocumentRecord]:
    """Return the rows that a change adds, in the order of their addresses: one for each board.

    is_followed: whether the device has rows already. Otherwise the rows begin with the first document of a layer.
    """
    document = change.document
    if not is_followed and (document is None or not document.layers):
        return []
    config = change.config
    return [
        DocumentRecord(
            mac_address,
            change.document_number,
            served.etag if served else None,
            config.id,
            config.revision,
            document.layers if served and document else (),
            document.rule if document else 0,
            config.updated_at,
            config.change,
        )
        for mac_address, served in sorted(change.documents().items())
    ]


def record_of(served: ServedAnew, now: datetime, change: str) -> DocumentRecord:
    """Return the row of a device that is served anew."""
    config, document = served.config, served.document
    return DocumentRecord(
        config.mac_address,
        served.document_number,
        document.content.etag,
        config.id,
        config.revision,
        document.layers,
        document.rule,
        now,
        change,
    )
