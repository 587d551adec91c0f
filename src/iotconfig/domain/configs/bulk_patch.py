"""One merge patch to many configs, which others may change meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from attrs import Factory, define, evolve

from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.offload import run_inline

from .bulk import BulkEntry, BulkRefusal, OnConflict, PatchSample
from .bulk_batches import batches
from .bulk_refusals import Refusals
from .edits import Merge
from .ports import BulkWrite
from .query import ConfigQuery
from .revisions import ChangeNote

_SAMPLES: Final = 5
"""Changes that the dry run of a patch shows."""

_ROUNDS: Final = 3
"""The most times that stale entries are made again without the lock, before the rest is made under it."""


@define
class BulkPatch:
    """Makes the entries of a patch from the configs, and makes those again whose configs change meanwhile.

    Merging takes long, so it runs without a lock: each round is shorter than the one before, and leaves
    fewer stale entries. Those of the last round are made under the lock, and stay current.
    """

    _write: BulkWrite
    _merge: Merge
    _refusals: Refusals
    _yield_turn: Callable[[], None]
    samples: list[PatchSample] = Factory(list)
    """The first few changes."""

    def add_entries(self, query: ConfigQuery) -> None:
        """Add an entry for each config that matches; refuse it where the result breaks a rule of content."""
        self._write.select(query)
        self._add_selected()

    def store(self, note: ChangeNote, clock: Clock) -> bool:
        """Store all entries, each made from the config that it replaces. False: a refusal prevents that."""
        for _ in range(_ROUNDS):
            if self._refusals.prevent_storing:
                return False
            if not self._write.select_stale():
                break
            self._add_selected()
        with self._refusals.deferred(), self._write.lock():
            if self._write.select_stale():
                self._add_selected(at_once=True)
            if self._refusals.prevent_storing:
                return False
            self._write.compare(OnConflict.REPLACE)
            self._write.store(note, clock())
        return True

    def _add_selected(self, *, at_once: bool = False) -> None:
        """Add the entries of the selected configs. `at_once`: waits for no other work, which may wait for the lock."""
        merge = evolve(self._merge, offload=run_inline) if at_once else self._merge
        for batch in batches(self._patched(merge, None if at_once else self._yield_turn)):
            self._write.add(batch)

    def _patched(self, merge: Merge, yield_turn: Callable[[], None] | None) -> Iterator[BulkEntry]:
        for config in chain.from_iterable(self._write.selected()):
            if yield_turn is not None:
                yield_turn()
            place = str(config.mac_address)
            try:
                content = merge.merged(config.content)
            except IotConfigError as error:
                self._refusals.take([BulkRefusal(place, error)])
                continue
            if len(self.samples) < _SAMPLES and content.text != config.content.text:
                self.samples.append(PatchSample(config, content))
            yield BulkEntry(place, config.mac_address, content, if_revision=config.revision)
