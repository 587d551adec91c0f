"""One merge patch to many configs, which others may change meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Final

from attrs import Factory, define, evolve, field

from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import IotConfigError, RecordNotFound
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.offload import Offload, run_inline

from .bulk import BulkEntry, BulkRefusal, PatchSample
from .bulk_batches import batches
from .bulk_options import EntryRules
from .bulk_refusals import Refusals
from .config import Config
from .edits import Merge
from .ports import BulkWrite
from .revisions import ChangeNote
from .selection import Selection

_SAMPLES: Final = 5
"""Changes that the dry run of a patch shows."""

_ROUNDS: Final = 3
"""The most times that stale entries are made again without the lock, before the rest is made under it."""


@define
class BulkPatch:
    """Makes the entries of a patch from the configs, and makes the entries of configs that change meanwhile again.

    Merging takes long, so it runs without a lock: each round is shorter than the one before, and leaves
    fewer stale entries. Those of the last round are made under the lock, and stay current.
    """

    _write: BulkWrite
    _selection: Selection
    _merge: Merge
    _refusals: Refusals
    _yield_turn: Callable[[], None]
    samples: list[PatchSample] = Factory(list)
    """The first few changes."""
    _unfit: int = 0
    """The number of selected configs that were refused."""
    _unseen: dict[MacAddress | str, None] = field(init=False)
    """The MAC addresses and names of the selection without a config so far."""

    @_unseen.default
    def _all_unseen(self) -> dict[MacAddress | str, None]:
        names: list[MacAddress | str] = [*(self._selection.mac_addresses or ())]
        return dict.fromkeys([*names, *(self._selection.device_names or ())])

    def add_entries(self) -> None:
        """Add an entry for each selected config.

        Refuses those where the result breaks a rule of content, and named configs that do not exist.
        """
        self._write.select(self._selection)
        self._add_selected()
        self._refusals.take(BulkRefusal(str(name), RecordNotFound(name)) for name in self._unseen)

    def compose(self) -> None:
        """Decide the documents. Refuses the configs whose documents break a rule."""
        before = self._refusals.count
        self._refusals.take(self._write.compose())
        self._unfit += self._refusals.count - before

    def compare(self) -> None:
        """Determine the outcome of each entry. Raises `UnexpectedCount` and `NothingSelected`."""
        self._write.compare(EntryRules())
        self._selection.check_count(sum(self._write.tally().values()) + self._unfit)

    def store(self, note: ChangeNote, clock: Clock) -> str | None:
        """Store all entries, each made from the config that it replaces; return the id of the change. None: a refusal prevents that.

        Raises as `compare` does.
        """
        for _ in range(_ROUNDS):
            if self._refusals.prevent_storing:
                return None
            if not self._write.select_stale():
                break
            self._add_selected()
        self.compose()
        with self._refusals.deferred(), self._write.lock():
            if self._write.select_stale():
                self._add_selected(at_once=True)
            self.compose()
            if self._refusals.prevent_storing:
                return None
            self.compare()
            return self._write.store(note, clock())

    def _add_selected(self, *, at_once: bool = False) -> None:
        """Add the entries of the selected configs. `at_once`: waits for no other work, which may wait for the lock."""
        merge = evolve(self._merge, offload=run_inline) if at_once else self._merge
        configs = chain.from_iterable(self._write.selected())
        for batch in batches(self._patched(configs if at_once else self._yielding(configs), merge)):
            self._write.add(batch)

    def _yielding(self, configs: Iterable[Config]) -> Iterator[Config]:
        """Return the configs, and yield to other requests between them."""
        for config in configs:
            self._yield_turn()
            yield config

    def _patched(self, configs: Iterable[Config], merge: Merge) -> Iterator[BulkEntry]:
        for config in configs:
            self._unseen.pop(config.mac_address, None)
            if config.device_name is not None:
                self._unseen.pop(config.device_name, None)
            # Where layers alone serve a device, there is nothing to patch.
            if not config.has_content or not self._takes(config, merge.offload):
                continue
            place = str(config.mac_address)
            try:
                content = merge.merged(config.content)
            except IotConfigError as error:
                self._unfit += 1
                self._refusals.take([BulkRefusal(place, error)])
                continue
            if len(self.samples) < _SAMPLES and content.text != config.content.text:
                self.samples.append(PatchSample(config, content))
            yield BulkEntry(place, config.mac_address, content, if_revision=config.revision)

    def _takes(self, config: Config, offload: Offload) -> bool:
        """Whether the config, which may have changed meanwhile, is selected as it is now."""
        if not self._selection.where:
            return self._selection.takes(config)
        return offload(lambda: self._selection.takes(config), len(config.content.text))
