"""The store: the data of one database. The docstrings are the contracts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from iotconfig.domain.announcing.ports import NotificationOutbox
from iotconfig.domain.documents.document import Documents
from iotconfig.domain.layers.ports import LayerReader, LayerRepository
from iotconfig.domain.layers.recompositions import RecompositionReader, RecompositionRepository
from iotconfig.domain.models.ports import ModelReader, ModelRepository
from iotconfig.domain.replay_guard import ReplayGuard
from iotconfig.domain.secrets.ports import SecretReader, SecretRepository

from .bulk import ExportedConfig
from .change import Change
from .change_log import ChangeLog
from .composing import Composer, Composers
from .config import Config
from .document_history import DocumentHistoryReader
from .label_ports import LabelReader, LabelRepository
from .labels import ANY_TAGS, TagFilter
from .ports import (
    BulkWrite,
    ConfigReader,
    HistoryReader,
    HistoryRepository,
    RevisionCounterReader,
    RevisionCounters,
)
from .revisions import ChangeNote
from .served_anew import ServedAnew


class View(Protocol):
    """Reads committed data."""

    @property
    def configs(self) -> ConfigReader:
        """The configs."""
        ...

    @property
    def counters(self) -> RevisionCounterReader:
        """The revision counters."""
        ...

    @property
    def history(self) -> HistoryReader:
        """The revisions."""
        ...

    @property
    def labels(self) -> LabelReader:
        """The tags and the notes."""
        ...

    @property
    def layers(self) -> LayerReader:
        """The layers."""
        ...

    @property
    def models(self) -> ModelReader:
        """The models of devices."""
        ...

    @property
    def secrets(self) -> SecretReader:
        """The secrets, with their values encrypted."""
        ...

    @property
    def document_history(self) -> DocumentHistoryReader:
        """What devices were served, and of what it was composed."""
        ...

    @property
    def recompositions(self) -> RecompositionReader:
        """The edits of layers that a job follows."""
        ...

    def composer(self) -> Composer:
        """What decides the documents of devices, under the present layers."""
        ...


class UnitOfWork(Protocol):
    """One transaction: all that it records is stored, or nothing. Its reads see what it has recorded."""

    @property
    def configs(self) -> ConfigReader:
        """The configs, with the changes of this transaction."""
        ...

    @property
    def counters(self) -> RevisionCounters:
        """The revision counters."""
        ...

    @property
    def history(self) -> HistoryRepository:
        """The revisions."""
        ...

    @property
    def labels(self) -> LabelRepository:
        """The tags and the notes."""
        ...

    @property
    def layers(self) -> LayerRepository:
        """The layers."""
        ...

    @property
    def models(self) -> ModelRepository:
        """The models of devices."""
        ...

    @property
    def secrets(self) -> SecretRepository:
        """The secrets, with their values encrypted."""
        ...

    @property
    def document_history(self) -> DocumentHistoryReader:
        """What devices were served, and of what it was composed."""
        ...

    @property
    def recompositions(self) -> RecompositionRepository:
        """The edits of layers that a job follows."""
        ...

    def composer(self) -> Composer:
        """What decides the documents of devices: under the layers that no other unit of work changes until this one ends.

        Called after a counter was locked. It follows changes of layers in the same unit of work.
        """
        ...

    def record(self, changes: Sequence[Change], note: ChangeNote, now: datetime) -> Sequence[Config]:
        """Store changes, in their order, and return the configs as they are then.

        Beside `BulkWrite.store` and `serve`, it is the only writer of counters, configs, documents, revisions,
        the change log, and notifications of changes. Each change sets the counter of its MAC address to its
        revision and its document number, and clears the successor; adds, replaces or removes the config;
        stores or removes its documents, and, from the first document of a layer on, appends them to the history
        of the device's documents (`records_of`; a number that is there already stays as it is); appends the revision; adds to the change log; and enqueues its
        announcements at `now`. A board swap sets the counter of the board that it `replaces`, too, and
        makes the new board its successor; the log gets a row for each board. A deletion that
        `undoes_creation` gives the board the successor that its last change cleared. A created config
        gets an id that was never used before.

        changes: of MAC addresses whose counters this unit of work has locked. All changes of one unit
            of work have one id in the change log.
        note: their author and message.

        Raises `RecordExists` where a created config's device has one already.
        """
        ...

    def serve(
        self, documents: Sequence[ServedAnew], note: ChangeNote, now: datetime, change: str | None = None
    ) -> str:
        """Store other documents of devices whose own content stays; return the id of the change.

        Each sets the document number of its device's counter, and nothing else of it; replaces the document; appends
        to the history of the device's documents (`record_of`) and to the change log (`logged_document`); and enqueues
        its announcement at `now`. No revision is made.

        documents: up to 500, of devices whose counters this unit of work has locked, in the order of their addresses.
        note: the author and the message of the change that is the reason.
        change: the id of that change, where another unit of work has stored it; by default that of this one.
        """
        ...

    @property
    def notifications(self) -> NotificationOutbox:
        """Announcements without a change."""
        ...

    @property
    def replay_guard(self) -> ReplayGuard:
        """The keys that this transaction claims, each of which can be claimed once."""
        ...


class Store(ChangeLog, Protocol):
    """Opens units of work. Safe to share between threads, and between greenlets."""

    @property
    def documents(self) -> Documents:
        """The documents that devices fetch."""
        ...

    @property
    def composers(self) -> Composers:
        """What decides the documents of devices, for all units of work; always the same object.

        Whoever opens the store gives it the cipher of the secrets.
        """
        ...

    def reading(self) -> AbstractContextManager[View]:
        """Read what is committed. Takes no lock and never waits for a writer."""
        ...

    def writing(self) -> AbstractContextManager[UnitOfWork]:
        """A transaction: stored when the block ends, rolled back whole when it raises.

        Do nothing slow inside: on an embedded store the block keeps all other
        writers waiting. If the end of the block raises `StoreUnavailable`, the
        outcome is unknown.
        """
        ...

    def bulk_writing(self) -> AbstractContextManager[BulkWrite]:
        """Open an empty bulk write, which is discarded at the end of the block."""
        ...

    def snapshot(self, tags: TagFilter = ANY_TAGS) -> AbstractContextManager[Iterator[ExportedConfig]]:
        """All configs with content and with these tags as they are at one moment, sorted by MAC address, however long they are read.

        Take them quickly: until the end of the block the store keeps old versions for it.
        """
        ...

    def check(self) -> None:
        """Return when the store answers and takes writes, within seconds.

        Raises `StoreReadOnly` where it takes none, another `StoreUnavailable` where it does not answer.
        """
        ...

    def close(self) -> None:
        """End the use of the store. Closing it again does nothing.

        From then on all its methods, and those of its notification queue, raise
        `ServiceClosed`. A block that is open goes on to its end, or ends with that.
        """
        ...
