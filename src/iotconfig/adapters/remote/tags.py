"""Tags and notes, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import evolve, frozen

from iotconfig.adapters.codec import label_entry_of
from iotconfig.domain.configs.bulk import BulkRefusal, BulkResult, OnRefusal, OnResult, Tally
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.label_entries import LabelEntry, LabelledDevice
from iotconfig.domain.configs.label_ports import TagCount
from iotconfig.domain.configs.labels import ANY_TAGS, NO_LABELS, Keep, LabelEdit, TagFilter
from iotconfig.domain.configs.revisions import UNSIGNED, ChangeNote
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.mac import MacAddress

from .bodies import signed
from .bulk import selecting
from .connection import Request
from .writes import NDJSON, SECONDS, RemoteWrites, ignore, parameters, with_places

_OPTIONS: Final = BulkOptions()


@frozen
class _Tags:
    tags: Sequence[TagCount]


@frozen
class RemoteTags(RemoteWrites):
    """`TagUseCases` of a service."""

    def counts(self) -> Sequence[TagCount]:
        return self.entity(Request("GET", "/api/tags"), _Tags).tags

    def edit(self, mac_address: MacAddress, edit: LabelEdit, note: ChangeNote = UNSIGNED) -> str | None:
        refusals: list[BulkRefusal] = []
        tally = self.tag(Selection([mac_address]), edit, _OPTIONS, note, refusals.append)
        if refusals:
            raise refusals[0].error
        return tally.change

    def preview(self, mac_address: MacAddress, edit: LabelEdit) -> BulkResult:
        refusals, results = list[BulkRefusal](), list[BulkResult]()
        options = BulkOptions(dry_run=True)
        self.tag(Selection([mac_address]), edit, options, UNSIGNED, refusals.append, results.append)
        if refusals:
            raise refusals[0].error
        if not results:
            raise self.malformed()
        return results[0]

    def export(self, tags: TagFilter = ANY_TAGS) -> Iterator[LabelledDevice]:
        request = Request(
            "GET", "/api/devices/tags/export", {"tag": tags.words() or None}, accepts=NDJSON, seconds=SECONDS
        )
        with self.service.stream(request) as blocks:
            for line in self.lines(blocks):
                yield self._device(line)

    def load(
        self,
        source: Iterable[LabelEntry | BulkRefusal],
        options: BulkOptions = _OPTIONS,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = ignore,
        on_result: OnResult = ignore,
    ) -> Tally:
        """See `TagUseCases`. The service does not list the outcomes, so `on_result` is not called."""
        records, places, refused = [], {}, 0
        for item in source:
            if isinstance(item, BulkRefusal):
                refused += 1
                on_refusal(item)
            else:
                records.append(_record_of(item))
                places[f"line {len(records)}"] = item.place
        if not records:
            return Tally(refused=refused)
        is_prevented = refused > 0 and not options.keep_going
        tried = evolve(options, dry_run=options.dry_run or is_prevented)
        request = Request(
            "POST",
            "/api/devices/tags/import",
            parameters(tried, note),
            signed(note),
            "".join(records).encode(),
            NDJSON,
            SECONDS,
        )
        with self.report(request, on_refusal) as report:
            self.refuse(report.body, on_refusal, lambda text: with_places(text, places))
            tally = self.read(report.body, Tally)
        return evolve(tally, refused=tally.refused + refused)

    def _device(self, line: bytes) -> LabelledDevice:
        """The device of a line of an export. Raises `NotThisService` for another line."""
        try:
            entry = label_entry_of(line, "")
            return LabelledDevice(entry.mac_address, entry.apply(NO_LABELS))
        except IotConfigError:
            raise self.malformed() from None

    def tag(
        self,
        selection: Selection,
        edit: LabelEdit,
        options: BulkOptions = _OPTIONS,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = ignore,
        on_result: OnResult = ignore,
    ) -> Tally:
        changed: dict[str, object] = {"add": edit.add, "remove": edit.remove}
        if not isinstance(edit.note, Keep):
            changed["note"] = edit.note or ""
        if not isinstance(edit.model, Keep):
            changed["model"] = edit.model or ""
        body = f"{{{json.dumps(changed, ensure_ascii=False)[1:-1]}, {selecting(selection)}}}".encode()
        request = Request(
            "POST", "/api/devices/tags", parameters(options, note), signed(note), body, seconds=SECONDS
        )
        with self.report(request, on_refusal) as report:
            self.give_results(report, on_result)
            self.refuse(report.body, on_refusal, str)
            return self.read(report.body, Tally)


def _record_of(entry: LabelEntry) -> str:
    """The entry as a record with the members that it has."""
    record: dict[str, object] = {"mac_address": str(entry.mac_address)}
    if entry.tags is not None:
        record["tags"] = list(entry.tags)
    if not isinstance(entry.note, Keep):
        record["note"] = entry.note
    if not isinstance(entry.model, Keep):
        record["model"] = entry.model
    return f"{json.dumps(record, ensure_ascii=False)}\n"
