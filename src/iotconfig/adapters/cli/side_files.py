"""Tags and notes in the side file of an import or an export."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, evolve, field

from iotconfig.domain.configs.bulk import BulkRefusal
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.label_entries import LabelEntry
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.errors import RecordNotFound, excerpt

from .bulk_reports import JsonReport, TextReport, ending
from .changed import echo_change
from .pages import summaries
from .streams import STANDARD_STREAM
from .terminal import say

if TYPE_CHECKING:
    from iotconfig.domain.configs.bulk import BulkEntry, Tally
    from iotconfig.domain.configs.labels import TagFilter
    from iotconfig.domain.configs.revisions import ChangeNote
    from iotconfig.domain.mac import MacAddress

    from .runtime import Services


def side_entries(source: Path) -> list[LabelEntry | BulkRefusal] | None:
    """The records of the side file of a source; None where it has none."""
    from iotconfig.adapters.fleet_files import side_files
    from iotconfig.adapters.fleet_files.directory_reading import SourceDirectory

    if source.is_dir():
        directory = SourceDirectory.listed(source)
        return [*directory.read_labels()] if directory.has_side_file else None
    if str(source) == STANDARD_STREAM or not (beside := side_files.side_file_of(source)).is_file():
        return None
    with beside.open("rb") as file:
        return [*side_files.read_labels(file, excerpt(beside.name))]


@define(slots=False)
class SideFile:
    """The side file of one import. The configs are stored first: without one, a device can have no tags."""

    _services: Services
    _entries: Sequence[LabelEntry | BulkRefusal]
    _options: BulkOptions
    _note: ChangeNote
    _tags: TagFilter
    """Only devices with these tags."""
    _seen: set[MacAddress] = field(init=False, factory=set)
    """The devices of the import's other records: in a dry run, they have no config yet."""

    def joined(self, entries: Iterable[BulkEntry | BulkRefusal]) -> Iterator[BulkEntry | BulkRefusal]:
        """The malformed records of the side file, and then the entries of the devices with the tags.

        So one malformed record prevents the import, as a malformed document does.
        """
        yield from (entry for entry in self._entries if isinstance(entry, BulkRefusal))
        has_tags = self._chosen if self._tags else None
        for entry in entries:
            if isinstance(entry, BulkRefusal):
                yield entry
            elif has_tags is None or has_tags(entry.mac_address):
                if self._options.dry_run:
                    self._seen.add(entry.mac_address)
                yield entry

    @cached_property
    def _chosen(self) -> Callable[[MacAddress], bool]:
        """Whether a device has the tags: those of its record here, otherwise those that it has now."""
        by_device = {
            config.mac_address: config.tags
            for config in summaries(self._services.configs, ConfigQuery())
            if config.tags
        }
        by_device |= {entry.mac_address: entry.tags for entry in self._valid if entry.tags is not None}
        return lambda mac_address: self._tags.takes(by_device.get(mac_address, ()))

    @property
    def _valid(self) -> Iterator[LabelEntry]:
        return (entry for entry in self._entries if isinstance(entry, LabelEntry))

    def load(self, report: JsonReport | TextReport) -> Tally:
        """Store the tags and notes, all or nothing unless the options say to keep going; report refusals.

        In a dry run, devices that the import would create count as changed.
        """
        entries = [entry for entry in self._valid if not self._tags or self._chosen(entry.mac_address)]
        places = {entry.place: entry.mac_address for entry in entries}
        new = 0

        def add_refusal(refusal: BulkRefusal) -> None:
            nonlocal new
            if isinstance(refusal.error, RecordNotFound) and places.get(refusal.place) in self._seen:
                new += 1
            else:
                report.add_refusal(refusal)

        tally = self._services.tags.load(entries, self._options, self._note, add_refusal)
        return evolve(tally, refused=tally.refused - new, changed=tally.changed + new)


def say_tags(tally: Tally, options: BulkOptions) -> None:
    """Print what became of tags and notes."""
    say(
        f"Tags and notes: {tally.changed} changed, {tally.same} same, {tally.refused} refused: {ending(tally, options)}"
    )
    if tally.change is not None:
        echo_change(tally.change)
