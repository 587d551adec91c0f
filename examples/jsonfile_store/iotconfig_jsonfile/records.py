"""The content of the file, and its JSON."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Final

from attrs import Factory, define
from cattrs.preconf.json import make_converter

from iotconfig.domain.announcing.notifications import Notification
from iotconfig.domain.configs.change_log import LoggedChange
from iotconfig.domain.configs.config import Config, ServedFields
from iotconfig.domain.configs.document_history import DocumentRecord
from iotconfig.domain.configs.label_ports import LabelRevision
from iotconfig.domain.configs.labels import NO_LABELS, Labels
from iotconfig.domain.configs.revisions import Revision
from iotconfig.domain.documents.content import NO_CONTENT, ConfigContent
from iotconfig.domain.documents.document import Document
from iotconfig.domain.layers.layer import Layer
from iotconfig.domain.layers.recompositions import Recomposition
from iotconfig.domain.layers.revisions import LayerRevision
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.models.model import DeviceModel
from iotconfig.domain.secrets.secret import Secret


@define
class CounterRecord:
    """The counters of a MAC address, its successor, and that before its last change. It is never removed."""

    last_revision: int = 0
    last_document_number: int = 0
    replaced_by: MacAddress | None = None
    replaced_before: MacAddress | None = None


@define
class LabelsRecord:
    """The labels of a config, which stay when it is deleted, and the number of their changes."""

    labels: Labels = NO_LABELS
    number: int = 0


@define
class Records:
    """All records. Each block reads its own copy from the file, and may change or discard it."""

    installation: str = ""
    """The name of the file, which all processes share; empty until it is asked for."""
    last_id: int = 0
    """The highest id that a config ever had: ids are never used again."""
    configs: dict[int, Config] = Factory(dict)
    counters: dict[MacAddress, CounterRecord] = Factory(dict)
    documents: dict[MacAddress, Document] = Factory(dict)
    served: dict[MacAddress, ServedFields] = Factory(dict)
    """The fields of the documents that layers changed."""
    recompositions: dict[str, Recomposition] = Factory(dict)
    """By the id of the change, the oldest first."""
    document_history: dict[MacAddress, list[DocumentRecord]] = Factory(dict)
    """The documents of devices that a layer reached, the oldest first."""
    histories: dict[int, list[Revision]] = Factory(dict)
    """The revisions of each config, the oldest first."""
    log: list[LoggedChange] = Factory(list)
    """The change log, the lowest position first."""
    labels: dict[int, LabelsRecord] = Factory(dict)
    label_history: list[LabelRevision] = Factory(list)
    """The labels before each change of them."""
    layers: dict[str, Layer] = Factory(dict)
    layer_histories: dict[str, list[LayerRevision]] = Factory(dict)
    """The revisions of each layer, the oldest first; those of deleted ones stay."""
    layer_generation: int = 0
    models: dict[str, DeviceModel] = Factory(dict)
    model_revisions: dict[str, int] = Factory(dict)
    """The newest revision of each model, also of deleted ones."""
    pruned_to: dict[int, int] = Factory(dict)
    notifications: dict[str, Notification] = Factory(dict)
    """By `str(subject)`."""
    secrets: dict[str, Secret] = Factory(dict)
    etag_key: str = ""
    """The key of ETags in hexadecimal digits; empty before the first secret."""
    accepted: dict[str, datetime] = Factory(dict)
    """The expiry of each claimed key."""


_FORMAT: Final = "iotconfig-jsonfile 1"

_converter: Final = make_converter()
_converter.register_unstructure_hook(MacAddress, str)
_converter.register_structure_hook(MacAddress, lambda text, _: MacAddress(text))
# The text of a document is a string here: parsing and writing it would change its bytes.
_converter.register_unstructure_hook(ConfigContent, lambda content: content.text)
_converter.register_structure_hook(
    ConfigContent, lambda text, _: ConfigContent.parse(text, sys.maxsize) if text else NO_CONTENT
)
_converter.register_unstructure_hook(bytes, bytes.decode)
_converter.register_structure_hook(bytes, lambda text, _: str(text).encode())


def encode(records: Records) -> bytes:
    """The file's bytes."""
    document = {"format": _FORMAT, **_converter.unstructure(records)}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def decode(file: bytes) -> Records:
    """Read the bytes that `encode` wrote. Raises `ValueError`, or a group of errors, for anything else."""
    document = json.loads(file)
    if not isinstance(document, dict) or document.pop("format", None) != _FORMAT:
        raise ValueError("the file is of another format")
    return _converter.structure(document, Records)
