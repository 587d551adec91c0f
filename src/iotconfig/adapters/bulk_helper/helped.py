"""The worker's side: starts a helper for large work, and reads its events."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from tempfile import TemporaryFile
from threading import BoundedSemaphore
from typing import BinaryIO, Final

from attrs import evolve, field, frozen

from iotconfig.adapters.fleet_files.records import RecordFile
from iotconfig.domain.configs.bulk import (
    BulkEntry,
    BulkRefusal,
    ExportedConfig,
    OnRefusal,
    OnResult,
    PatchOutcome,
    Tally,
)
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.labels import ANY_TAGS, TagFilter
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.revisions import UNSIGNED, ChangeNote
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.undoing import check_change_id
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import StoreBusy, StoreUnavailable

from .events import handle_event
from .orders import Order

log = logging.getLogger(__name__)

MOST_HERE: Final = 125
"""The most configs that a worker stores itself: with counters, revisions and notifications, 500 rows."""

_EVERY_CONFIG: Final = ConfigQuery()

_ENDS_WITHIN: Final = 5.0
"""Seconds that a helper has to exit after its socket was closed."""

_ENDED: Final = (
    "The process that stores the configs ended early. Either all of them were stored, or none: "
    "repeat the request, which leaves alone what is stored already."
)


def ignore(_subject: object) -> None:
    """Discard it."""


@frozen
class HelpedBulkService:
    """`BulkUseCases` that does small work itself, and large work in a helper process."""

    bulk: BulkService
    command: Sequence[str]
    """The command line of a helper; `--events` and `--records` are appended, with inherited descriptors."""
    environ: Mapping[str, str] = field(repr=False)
    secrets: Mapping[str, str] = field(factory=dict, repr=False)
    """Variables that must not be in a process's environment: sent as a line of JSON before the order."""
    most_here: int = MOST_HERE
    """The most configs that are stored without a helper."""
    at_once: int = 2
    """The most helpers of one worker at a time; each is a process of some 70 MB."""
    patience: float = 60.0
    """Seconds to wait for a free slot."""
    silence: float = 660.0
    """Seconds without an event after which a helper counts as hung. One statement may take `Timeouts.bulk`."""

    _slots: BoundedSemaphore = field(init=False, repr=False, eq=False)

    @_slots.default
    def _make_slots(self) -> BoundedSemaphore:
        return BoundedSemaphore(self.at_once)

    def export(self, tags: TagFilter = ANY_TAGS) -> AbstractContextManager[Iterator[ExportedConfig]]:
        return self.bulk.export(tags)

    def load(
        self,
        source: Iterable[BulkEntry | BulkRefusal],
        options: ImportOptions,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = ignore,
        on_result: OnResult = ignore,
    ) -> Tally:
        is_large = isinstance(source, RecordFile) and (
            source.may_have_more_than(self.most_here) or (options.prune and self._are_many())
        )
        if not isinstance(source, RecordFile) or not is_large:
            return self.bulk.load(source, options, note, on_refusal, on_result)
        order = Order(options, note, source.max_content_bytes, form=source.form)
        return self.run(order, on_refusal, on_result, source.file).tally

    def patch(
        self,
        selection: Selection,
        patch: MergePatch,
        options: BulkOptions,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = ignore,
        on_result: OnResult = ignore,
    ) -> PatchOutcome:
        if not self.may_select_many(selection):
            return self.bulk.patch(selection, patch, options, note, on_refusal, on_result)
        order = Order(options, note, self.bulk.max_content_bytes, selection=selection, merge=patch)
        return self.run(order, on_refusal, on_result)

    def undo(
        self,
        change: str,
        options: BulkOptions,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = ignore,
        on_result: OnResult = ignore,
    ) -> Tally:
        check_change_id(change)
        with self.bulk.store.reading() as view:
            touched = view.history.of_change(change, 0, self.most_here + 1)
            touched_labels = view.labels.of_change(change, 0, self.most_here + 1)
        if max(len(touched), len(touched_labels)) <= self.most_here:
            return self.bulk.undo(change, options, note, on_refusal, on_result)
        order = Order(options, note, self.bulk.max_content_bytes, undone=change)
        return self.run(order, on_refusal, on_result).tally

    def may_select_many(self, selection: Selection) -> bool:
        """Whether a selection may take more configs than this process writes."""
        if selection.mac_addresses is not None and selection.device_names is None:
            return len(selection.mac_addresses) > self.most_here
        # Any number of devices may have one name, so a patch by names is small only if there are few configs.
        if selection.has_names:
            return self._are_many()
        return self._are_many(ConfigQuery(selection.text, selection.enable_ota, tags=selection.tags))

    def _are_many(self, query: ConfigQuery = _EVERY_CONFIG) -> bool:
        """Whether more configs are found than this process writes."""
        page = evolve(query, limit=self.most_here, count=False)
        with self.bulk.store.reading() as view:
            return view.configs.find(page).next is not None

    def run(
        self,
        order: Order,
        on_refusal: OnRefusal,
        on_result: OnResult,
        records: BinaryIO | None = None,
    ) -> PatchOutcome:
        """Run an order in a helper. Raises what the work raises, and `StoreUnavailable` where the helper ends early.

        records: the file of an import.
        """
        # The helper opens the database anew, and so cannot detect a file that was replaced since the worker's start.
        self.bulk.store.check()
        with self._slot(), self._started(order, records) as events:
            try:
                for line in events:
                    outcome = handle_event(line, on_refusal, on_result, self.bulk.offload)
                    if outcome is not None:
                        return outcome
                    self.bulk.yield_turn()
            except OSError as error:
                log.warning("a bulk helper timed out or ended early: %s", error)
        raise StoreUnavailable(_ENDED, "a helper process ended")

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=self.patience):
            raise StoreBusy("Other large imports or patches did not end in time.")
        try:
            yield
        finally:
            self._slots.release()

    @contextmanager
    def _started(self, order: Order, records: BinaryIO | None) -> Iterator[BinaryIO]:
        """Start a helper and give its events. It ends with the block, and with this process, which closes the socket."""
        ours, theirs = socket.socketpair()
        with closing(ours), closing(theirs), TemporaryFile() as given:
            given.write(json.dumps(dict(self.secrets)).encode() + b"\n" + order.to_json())
            given.seek(0)
            # gevent sets its sockets to non-blocking, and both processes share the open file description.
            os.set_blocking(theirs.fileno(), True)
            arguments = ["--events", str(theirs.fileno())]
            inherited = [theirs.fileno()]
            if records is not None:
                arguments += ["--records", str(records.fileno())]
                inherited.append(records.fileno())
            try:
                process = subprocess.Popen(  # noqa: S603 - our own module, in our own interpreter
                    [*self.command, *arguments],
                    env=dict(self.environ),
                    stdin=given,
                    stdout=subprocess.DEVNULL,
                    pass_fds=inherited,
                )
            except OSError as error:
                log.warning("a bulk helper cannot be started: %s", error.strerror)
                raise StoreBusy("The service cannot start another process now.") from None
            theirs.close()
            ours.settimeout(self.silence)
            try:
                with ours.makefile("rb") as events:
                    yield events
            finally:
                ours.close()
                _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
