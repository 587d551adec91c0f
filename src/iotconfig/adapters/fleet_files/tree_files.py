"""The files of a tree: their names, and how large they may be."""

from __future__ import annotations

from typing import Final

from iotconfig.domain.mac import MacAddress
from iotconfig.domain.planning.managed import plain

LAYERS: Final = "layers"
"""The directory with a directory for each layer, which is named as the layer."""
DEVICES: Final = "devices"
"""The directory with a file for the content of each device, named by its MAC address."""
LABELS: Final = "tags.json"
"""The file with the tags and the notes of devices."""
MANAGED: Final = "managed.json"
"""The file that says which objects the tree manages."""

LAYER: Final = "layer.json"
"""The file of a layer with its reach, its rank and its switch."""
CONTENT: Final = "content.json"
"""The file of a layer with its document."""

DIRECTORIES: Final = (LAYERS, DEVICES)
FILES: Final = (LABELS, MANAGED)

MOST_LABEL_BYTES: Final = 64 * 1024 * 1024
"""Maximum length of the file with tags: 10,000 devices need 1 MB."""
MOST_MANAGED_BYTES: Final = 1024 * 1024
"""Maximum length of the file that says what the tree manages."""
MOST_LAYER_BYTES: Final = 64 * 1024
"""Maximum length of the file with the reach of a layer."""


def device_file(mac_address: MacAddress) -> str:
    """The name of the file of a device, within its directory."""
    return f"{plain(mac_address)}.json"
