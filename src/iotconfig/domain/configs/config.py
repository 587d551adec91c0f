"""Entities: a device's configuration, and the counter that numbers its changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Self

from attrs import evolve, field, frozen

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.mac import MacAddress

from .labels import NO_LABELS, Labels

MAX_ID: Final = 2**63 - 1
"""Ids are 64-bit and signed in every database."""


def _in_order(tags: Iterable[str]) -> Sequence[str]:
    """The tags as a value that cannot change."""
    return tuple(tags)


@frozen
class ServedFields:
    """A document without its text: its ETag and its derived fields."""

    etag: str
    device_name: str | None
    device_entity_id: str | None
    enable_ota: bool | None

    @classmethod
    def of(cls, document: ConfigContent) -> Self:
        """The fields of a document."""
        return cls(document.etag, document.device_name, document.device_entity_id, document.enable_ota)


@frozen
class Config:
    """One device's current configuration. Times are aware and in UTC."""

    id: int
    """Surrogate key, from 1; never reused."""
    mac_address: MacAddress
    """The device that this config belongs to; unique."""
    content: ConfigContent
    """The device's own content, which it fetches as its document where no layer reaches it; `NO_CONTENT` where it is
    served by layers alone."""
    revision: int
    """The number of the MAC address's latest change, from 1."""
    created_at: datetime
    """The time of the creation."""
    updated_at: datetime
    """The time of the content's last change."""
    change: str = field(default="", eq=False)
    """The id of the write that made the revision. Not compared: ids are random."""
    labels: Labels = NO_LABELS
    """The tags, the note and the model; a change of them makes no revision."""
    served: ServedFields | None = None
    """The document that the device is served, where that is another one than the content; None where it is the content."""
    document_number: int = field(default=0, eq=False)
    """The document number. Not compared: it is that of the device, as it was when the config was read."""
    is_followed: bool = field(default=False, eq=False)
    """Whether a layer reaches the device, or once did: then the history of documents has each of its documents."""

    def serving(self, document: ConfigContent, number: int, *, is_followed: bool) -> Self:
        """The config, whose device is served this document under this number."""
        served = None if document.etag == self.content.etag else ServedFields.of(document)
        return evolve(self, served=served, document_number=number, is_followed=is_followed)

    @property
    def has_content(self) -> bool:
        """Whether the device has content of its own; otherwise layers reach it, and it is served by them alone."""
        return not self.content.is_absent

    @property
    def document_etag(self) -> str:
        """The ETag of the document that the device is served, quotes included."""
        return self.content.etag if self.served is None else self.served.etag

    @property
    def device_name(self) -> str | None:
        """`deviceName` of the document."""
        return self.content.device_name if self.served is None else self.served.device_name

    @property
    def device_entity_id(self) -> str | None:
        """`deviceEntityId` of the document."""
        return self.content.device_entity_id if self.served is None else self.served.device_entity_id

    @property
    def enable_ota(self) -> bool | None:
        """`enableOTA` of the document."""
        return self.content.enable_ota if self.served is None else self.served.enable_ota

    def changed(self, content: ConfigContent, revision: int, now: datetime) -> Self:
        """The config with other content, as `revision`, at `now`; a clock that was set back changes no order."""
        return evolve(self, content=content, revision=revision, updated_at=max(now, self.updated_at))

    def moved(self, mac_address: MacAddress, revision: int, now: datetime) -> Self:
        """The config on another board, as `revision`, at `now`."""
        return evolve(self, mac_address=mac_address, revision=revision, updated_at=max(now, self.updated_at))

    def summary(self) -> ConfigSummary:
        """Return the config without its content."""
        return ConfigSummary(
            id=self.id,
            mac_address=self.mac_address,
            device_name=self.device_name,
            device_entity_id=self.device_entity_id,
            enable_ota=self.enable_ota,
            revision=self.revision,
            etag=self.document_etag,
            created_at=self.created_at,
            updated_at=self.updated_at,
            change=self.change,
            tags=self.labels.tags,
            note=self.labels.note,
            model=self.labels.model,
        )


@frozen
class ConfigSummary:
    """A config as lists show it: without its content."""

    id: int
    mac_address: MacAddress
    device_name: str | None
    device_entity_id: str | None
    enable_ota: bool | None
    revision: int
    etag: str
    """The ETag of the document that the device is served, quotes included."""
    created_at: datetime
    updated_at: datetime
    change: str = field(default="", eq=False)
    """The id of the write that made the revision. Not compared: ids are random."""
    tags: Sequence[str] = field(default=(), converter=_in_order)
    """Sorted."""
    note: str | None = None
    """The operators' note on the device."""
    model: str | None = None
    """The name of the device's model."""
