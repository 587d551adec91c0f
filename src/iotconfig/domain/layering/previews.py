"""What an edit of layers would do, as a dry run tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Self

from attrs import frozen

from iotconfig.domain.configs.composing import Composer
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.layers.layer import LayerSummary
from iotconfig.domain.layers.revisions import LayerChange
from iotconfig.domain.mac import MacAddress

from .effects import Effects

REFUSALS: Final = 20
"""Refused devices that a dry run names."""


@frozen
class DocumentSample:
    """A document that would change."""

    mac_address: MacAddress
    before: ConfigContent
    """What the layers before the edit, and the own content, make together."""
    after: ConfigContent


@frozen
class RefusedDevice:
    """A device for which the edit would break a rule, so that it is refused as a whole."""

    mac_address: MacAddress
    error: str
    """The rule, and the place."""


@frozen
class LayersPreview:
    """What an edit of layers would do."""

    layers: tuple[LayerSummary, ...] = ()
    """The layers that would change, as they would be."""
    deleted: tuple[str, ...] = ()
    """The names of those that would be deleted."""
    devices: int = 0
    """The number of devices that one of these layers reaches, or reached before."""
    changed: int = 0
    """The number of those that would be served another document, and told so."""
    refused: int = 0
    """The number of those for which the edit would break a rule."""
    refusals: tuple[RefusedDevice, ...] = ()
    """The first 20 of them, in the order of their addresses."""
    samples: tuple[DocumentSample, ...] = ()
    """The first few documents that would change."""

    @classmethod
    def of(cls, changes: Sequence[LayerChange], effects: Effects, before: Composer) -> Self:
        """Return the preview of these changes; before: decides the documents as they are."""
        return cls(
            layers=tuple(each.layer.summary() for each in changes if not each.is_deletion),
            deleted=tuple(each.layer.name for each in changes if each.is_deletion),
            devices=effects.devices,
            changed=effects.changed,
            refused=len(effects.refused),
            refusals=tuple(
                RefusedDevice(MacAddress.parse(each.place), str(each.error))
                for each in effects.refused[:REFUSALS]
            ),
            samples=tuple(
                DocumentSample(
                    served.config.mac_address,
                    before.document(served.config.labels, served.config.content).shown,
                    served.document.shown,
                )
                for served in effects.samples
            ),
        )
