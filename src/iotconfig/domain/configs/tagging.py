"""The use cases of tags and notes: of one device, of a selection, and of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from attrs import evolve, frozen

from iotconfig.domain.arguments import check_kind
from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import RecordNotFound
from iotconfig.domain.mac import MacAddress, in_order, mac_address_of
from iotconfig.domain.offload import Offload, run_inline
from iotconfig.domain.paging import all_items

from .bulk import BulkRefusal, BulkResult, Duplicate, OnRefusal, OnResult, Tally
from .bulk_options import BulkOptions
from .bulk_refusals import Refusals, duplicate_refusal
from .config import Config
from .existing import absent
from .label_entries import LabelEntry, LabelledDevice
from .label_ports import LabelledConfig, TagCount
from .label_writing import LabelWrite
from .labels import ANY_TAGS, NO_LABELS, LabelEdit, Labels, TagFilter
from .query import ConfigPage, ConfigQuery
from .revisions import UNSIGNED, ChangeNote, check_note
from .selection import Selection, check_selection
from .store import Store

_READ_AT_ONCE: Final = 100
"""Configs that are read at a time, with their contents."""

_IGNORED: Final = BulkOptions()


def _ignore(_subject: object) -> None:
    """Ignore a report."""


def _never_yield() -> None:
    """Do not yield: no other request shares the thread."""


@frozen
class TagService:
    """Sets tags and notes of devices that have a config.

    A change of them makes no revision and is not announced; it is in the change log, and can be undone. All methods
    may raise `StoreUnavailable` and `ServiceClosed`, those that write `StoreFull` too.
    """

    store: Store
    clock: Clock
    yield_turn: Callable[[], None] = _never_yield
    """Called between two configs: yields to other requests in the same thread from time to time."""
    offload: Offload = run_inline
    """Runs work that keeps the processor busy."""

    def counts(self) -> Sequence[TagCount]:
        """All tags that devices have, sorted, with the number of devices that have each."""
        with self.store.reading() as view:
            return view.labels.counts()

    def edit(self, mac_address: MacAddress | str, edit: LabelEdit, note: ChangeNote = UNSIGNED) -> str | None:
        """Change the labels of one device; return the id of the change, None where it has these labels already.

        Raises `RecordNotFound` for a device without a config, `RecordGone` for a board that was replaced,
        `ValidationFailed` for more than 32 tags, and `Unprocessable` for more than 1,000 different tags.
        """
        return self._edit(mac_address, edit, _IGNORED, note)[0].change

    def preview(self, mac_address: MacAddress | str, edit: LabelEdit) -> BulkResult:
        """Return what a change of the labels of one device would do; nothing is stored. Raises as `edit` does."""
        return self._edit(mac_address, edit, BulkOptions(dry_run=True), UNSIGNED)[1]

    def _edit(
        self, mac_address: MacAddress | str, edit: LabelEdit, options: BulkOptions, note: ChangeNote
    ) -> tuple[Tally, BulkResult]:
        mac_address = mac_address_of(mac_address)
        _check_edit(edit)
        check_note(note)
        with self.store.reading() as view:
            config = view.configs.get_by_mac(mac_address)
            if config is None:
                raise absent(view, mac_address)
        refusals: list[BulkRefusal] = []
        writing = self._writing(Refusals(refusals.append, False, self.yield_turn), options)
        tally = writing.write([config.id], lambda found: edit.apply(found.labels), note)
        if refusals:
            raise refusals[0].error
        if not writing.results:
            raise RecordNotFound(mac_address)
        return tally, writing.results[0]

    def tag(
        self,
        selection: Selection,
        edit: LabelEdit,
        options: BulkOptions = _IGNORED,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = _ignore,
        on_result: OnResult = _ignore,
    ) -> Tally:
        """Change the labels of every config that `selection` takes, in one transaction.

        The selection is made before the transaction; configs that are deleted meanwhile are left out of it. Once
        stored, the same edit changes nothing: it may be repeated safely.

        options: `keep_going` and `dry_run`.
        on_refusal: called with each config that would have more than 32 tags, and with each named config that does
            not exist. Unless `options` say to keep going, one of them prevents the whole write.
        on_result: called with the outcome of each other config, changed or same.

        Raises `NothingSelected`, `UnexpectedCount`, and `Unprocessable` for more than 1,000 different tags; nothing is
        stored then.
        """
        check_selection(selection)
        _check_edit(edit)
        check_note(note)
        refusals = Refusals(on_refusal, options.keep_going, self.yield_turn)
        config_ids = self._selected(selection, refusals)
        writing = self._writing(refusals, options, selection)
        tally = writing.write(config_ids, lambda found: edit.apply(found.labels), note)
        writing.give_results(on_result)
        return tally

    def export(self, tags: TagFilter = ANY_TAGS) -> Iterator[LabelledDevice]:
        """Yield the devices that have tags or a note, sorted by MAC address. They are read in pages, each as it is then.

        tags: only devices with these tags.
        """
        check_kind(
            tags, TagFilter, 'Tags of a filter are a TagFilter, such as TagFilter.of(["kitchen", "!old"])'
        )
        first = ConfigQuery(tags=tags, limit=_READ_AT_ONCE, count=False)
        for summary in all_items(lambda after: self._page(evolve(first, after=after))):
            self.yield_turn()
            labels = Labels(summary.tags, summary.note, summary.model)
            if labels != NO_LABELS:
                yield LabelledDevice(summary.mac_address, labels)

    def _page(self, query: ConfigQuery) -> ConfigPage:
        with self.store.reading() as view:
            return view.configs.find(query)

    def load(
        self,
        source: Iterable[LabelEntry | BulkRefusal],
        options: BulkOptions = _IGNORED,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = _ignore,
        on_result: OnResult = _ignore,
    ) -> Tally:
        """Give devices the labels of `source`, which may contain refusals, in one transaction. Other devices keep theirs.

        Once stored, the same entries change nothing: it may be repeated safely.

        options: `keep_going` and `dry_run`.
        on_refusal: called with each refusal of `source`, each entry whose device has no config, and each that shares
            its MAC address with an earlier one. Unless `options` say to keep going, one of them prevents the whole write.
        on_result: called with the outcome of each other device, changed or same.

        Raises `Unprocessable` for more than 1,000 different tags; nothing is stored then.
        """
        check_note(note)
        refusals = Refusals(on_refusal, options.keep_going, self.yield_turn)
        entries = self._entries(source, refusals)
        ids = self._ids(entries, refusals)
        writing = self._writing(refusals, options)
        tally = writing.write([*ids.values()], lambda found: _loaded(found, ids, entries), note)
        writing.give_results(on_result)
        return tally

    def _entries(
        self, source: Iterable[LabelEntry | BulkRefusal], refusals: Refusals
    ) -> dict[MacAddress, LabelEntry]:
        """The entries by device; refusals and second entries of a device are reported."""
        entries: dict[MacAddress, LabelEntry] = {}
        for item in source:
            self.yield_turn()
            if isinstance(item, BulkRefusal):
                refusals.take([item])
                continue
            check_kind(
                item, LabelEntry, 'Labels are loaded from entries, such as LabelEntry("line 1", mac_address)'
            )
            if (other := entries.setdefault(item.mac_address, item)) is not item:
                refusals.take([duplicate_refusal(Duplicate(item.place, item.mac_address, other.place))])
        return entries

    def _ids(self, entries: Mapping[MacAddress, LabelEntry], refusals: Refusals) -> dict[MacAddress, int]:
        """The ids of the configs of devices, sorted by MAC address; devices without a config are refused."""
        ids: dict[MacAddress, int] = {}
        mac_addresses = in_order(entries)
        for start in range(0, len(mac_addresses), _READ_AT_ONCE):
            some = mac_addresses[start : start + _READ_AT_ONCE]
            with self.store.reading() as view:
                ids |= {config.mac_address: config.id for config in view.configs.load(some)}
            self.yield_turn()
        absent = (mac_address for mac_address in mac_addresses if mac_address not in ids)
        refusals.take(BulkRefusal(entries[mac].place, RecordNotFound(mac)) for mac in absent)
        return ids

    def _writing(
        self, refusals: Refusals, options: BulkOptions, selection: Selection | None = None
    ) -> LabelWrite:
        """A write of labels; selection: whose number of configs is checked."""
        return LabelWrite(self.store, self.clock, self.yield_turn, refusals, options, selection)

    def _selected(self, selection: Selection, refusals: Refusals) -> list[int]:
        """The ids of the selected configs, sorted by MAC address; named ones that do not exist are refused."""
        names: list[MacAddress | str] = [*(selection.mac_addresses or ()), *(selection.device_names or ())]
        unseen: dict[MacAddress | str | None, None] = dict.fromkeys(names)
        ids = []
        with self.store.bulk_writing() as write:
            write.select(selection)
            for page in write.selected():
                for config in page:
                    self.yield_turn()
                    unseen.pop(config.mac_address, None)
                    unseen.pop(config.device_name, None)
                    if self._takes(selection, config):
                        ids.append(config.id)
        refusals.take(BulkRefusal(str(name), RecordNotFound(name)) for name in unseen)
        return ids

    def _takes(self, selection: Selection, config: Config) -> bool:
        if not selection.where:
            return selection.takes(config)
        return self.offload(lambda: selection.takes(config), len(config.content.text))


def _check_edit(edit: object) -> None:
    check_kind(edit, LabelEdit, 'A change of tags is a LabelEdit, such as LabelEdit(add=["kitchen"])')


def _loaded(
    found: LabelledConfig, ids: Mapping[MacAddress, int], entries: Mapping[MacAddress, LabelEntry]
) -> Labels:
    """The labels that the entry of a device gives its config. Raises `RecordNotFound` where it has moved away meanwhile."""
    if ids.get(found.mac_address) != found.config_id:
        raise RecordNotFound(found.config_id)
    return entries[found.mac_address].apply(found.labels)
