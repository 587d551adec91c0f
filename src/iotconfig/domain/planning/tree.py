"""A fleet as a tree of files describes it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256

from attrs import field, frozen

from iotconfig.domain.configs.labels import Labels
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.layers.layer import LayerDefinition
from iotconfig.domain.mac import MacAddress, in_order

from .managed import Managed


@frozen
class Tree:
    """What the files of a tree say."""

    devices: Mapping[MacAddress, ConfigContent]
    """The own content of each device that has a file."""
    labels: Mapping[MacAddress, Labels] | None = None
    """The labels of devices; None where the tree says nothing about labels. A device of `devices` that is not here has none."""
    managed: Managed | None = None
    """What the tree manages; None where it does not say."""
    layers: Mapping[str, LayerDefinition] = field(factory=dict)
    """The layers, by their names."""

    def digest(self) -> str:
        """Return a digest of all that the tree says; line ends of documents count, spelling of names does not."""
        digest = sha256()
        for part in self._parts():
            digest.update(json.dumps(part, ensure_ascii=False).encode())
            digest.update(b"\n")
        return digest.hexdigest()

    def _parts(self) -> Iterator[object]:
        for name in sorted(self.layers):
            layer = self.layers[name]
            yield "layer", name, layer.content.text, str(layer.reach), layer.rank, layer.enabled
        for mac_address in in_order(self.devices):
            yield "device", str(mac_address), self.devices[mac_address].text
        if self.labels is not None:
            yield "labels"
            for mac_address in in_order(self.labels):
                labels = self.labels[mac_address]
                yield str(mac_address), labels.tags, labels.note, labels.model
        if self.managed is not None:
            yield "managed", self.managed.layers.spelled(), self.managed.devices.spelled()
