"""The state of a memory store, and its transactions.

Entities are frozen, so what is handed out can be shared; the dictionaries that
hold them are copied for each unit of work and swapped in when it commits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from secrets import token_bytes
from threading import Lock

from attrs import Factory, define

from iotconfig.domain.announcing.announcement import Subject
from iotconfig.domain.announcing.notifications import Notification
from iotconfig.domain.configs.change_log import LoggedChange
from iotconfig.domain.configs.composing import Composers
from iotconfig.domain.configs.config import Config, ServedFields
from iotconfig.domain.configs.counter import RevisionCounter
from iotconfig.domain.configs.document_history import DocumentRecord
from iotconfig.domain.configs.label_ports import LabelRevision
from iotconfig.domain.configs.labels import Labels
from iotconfig.domain.configs.revisions import Revision
from iotconfig.domain.documents.document import Document
from iotconfig.domain.errors import ServiceClosed
from iotconfig.domain.layers.layer import Layer
from iotconfig.domain.layers.recompositions import Recomposition
from iotconfig.domain.layers.revisions import LayerRevision
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.models.model import DeviceModel
from iotconfig.domain.secrets.secret import Secret


@define
class State:
    """All data: the committed state, or one transaction's copy of it."""

    configs: dict[int, Config] = Factory(dict)
    ids: dict[MacAddress, int] = Factory(dict)
    counters: dict[MacAddress, RevisionCounter] = Factory(dict)
    documents: dict[MacAddress, Document] = Factory(dict)
    served: dict[MacAddress, ServedFields] = Factory(dict)
    """The fields of the documents that layers changed."""
    document_history: dict[MacAddress, tuple[DocumentRecord, ...]] = Factory(dict)
    """The documents of devices that a layer reached, the oldest first."""
    successors: dict[MacAddress, MacAddress] = Factory(dict)
    former_successors: dict[MacAddress, MacAddress] = Factory(dict)
    """Of boards whose last change cleared their successor."""
    histories: dict[int, tuple[Revision, ...]] = Factory(dict)
    pruned_to: dict[int, int] = Factory(dict)
    notifications: dict[Subject, Notification] = Factory(dict)
    accepted: dict[str, datetime] = Factory(dict)
    log: list[LoggedChange] = Factory(list)
    labels: dict[int, Labels] = Factory(dict)
    """By the config's id; those of deleted configs stay."""
    label_changes: dict[int, int] = Factory(dict)
    """The number of changes of the labels of each config."""
    label_history: list[LabelRevision] = Factory(list)
    layers: dict[str, Layer] = Factory(dict)
    layer_histories: dict[str, tuple[LayerRevision, ...]] = Factory(dict)
    """The revisions of each layer, the oldest first; those of deleted ones stay."""
    layer_generation: int = 0
    models: dict[str, DeviceModel] = Factory(dict)
    model_revisions: dict[str, int] = Factory(dict)
    """The newest revision of each model, also of deleted ones."""
    secrets: dict[str, Secret] = Factory(dict)
    etag_key: bytes = Factory(lambda: token_bytes(32))
    recompositions: dict[str, Recomposition] = Factory(dict)
    """By the id of the change, the oldest first."""
    last_id: int = 0

    def copy(self) -> State:
        return State(
            configs=dict(self.configs),
            ids=dict(self.ids),
            counters=dict(self.counters),
            documents=dict(self.documents),
            served=dict(self.served),
            document_history=dict(self.document_history),
            successors=dict(self.successors),
            former_successors=dict(self.former_successors),
            histories=dict(self.histories),
            pruned_to=dict(self.pruned_to),
            notifications=dict(self.notifications),
            accepted=dict(self.accepted),
            log=list(self.log),
            labels=dict(self.labels),
            label_changes=dict(self.label_changes),
            label_history=list(self.label_history),
            layers=dict(self.layers),
            layer_histories=dict(self.layer_histories),
            layer_generation=self.layer_generation,
            models=dict(self.models),
            model_revisions=dict(self.model_revisions),
            secrets=dict(self.secrets),
            etag_key=self.etag_key,
            recompositions=dict(self.recompositions),
            last_id=self.last_id,
        )


def always_open() -> None:
    """Return: the tokens are on their own, and not part of a store that is closed."""


class Committed:
    """The committed state, until it is closed. One writer at a time; readers see the last commit."""

    def __init__(self) -> None:
        self.composers = Composers()
        """What decides the documents of devices."""
        self._state = State()
        self._writer = Lock()
        self._is_closed = False

    @property
    def state(self) -> State:
        """The last committed state. Raises `ServiceClosed`."""
        self.check()
        return self._state

    def check(self) -> None:
        """Raise `ServiceClosed` when it is closed."""
        if self._is_closed:
            raise ServiceClosed

    def close(self) -> None:
        """End all reading and writing."""
        self._is_closed = True

    @contextmanager
    def transaction(self) -> Iterator[State]:
        with self._writer:
            state = self.state.copy()
            yield state
            self._state = state
