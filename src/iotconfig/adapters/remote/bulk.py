"""Many configs at once, over HTTP. Records go through temporary files, so that memory holds one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import BinaryIO, Final, cast
from urllib.parse import quote

from attrs import evolve, frozen

from iotconfig.adapters.codec import entry_of, record_of
from iotconfig.domain.configs.bulk import (
    BulkEntry,
    BulkRefusal,
    BulkResult,
    ExportedConfig,
    OnRefusal,
    OnResult,
    Outcome,
    PatchOutcome,
    PatchSample,
    Tally,
)
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.edits import Merge
from iotconfig.domain.configs.labels import ANY_TAGS, TagFilter
from iotconfig.domain.configs.revisions import UNSIGNED, ChangeNote
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.undoing import check_change_id
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.mac import MacAddress

from .bodies import signed
from .connection import MOST_CONTENT_BYTES, Request
from .writes import NDJSON, SECONDS, RemoteWrites, Sample, ignore, parameters, with_places

_CONFIGS: Final = "/api/configs"


@frozen
class _Imported:
    """The deletions in the report of an import; a service without pruning has none."""

    removed: Sequence[MacAddress] = ()


@frozen
class RemoteBulk(RemoteWrites):
    """`BulkUseCases` of a service."""

    def load(
        self,
        source: Iterable[BulkEntry | BulkRefusal],
        options: ImportOptions,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = ignore,
        on_result: OnResult = ignore,
    ) -> Tally:
        with TemporaryFile() as file:
            places, refused = _write_entries(cast("BinaryIO", file), source, on_refusal)
            is_prevented = refused > 0 and not options.keep_going
            prunes = options.prune and refused == 0
            if not places and not prunes:
                return Tally(refused=refused)
            if not places:
                # No records: a request without a body is refused.
                file.write(b"\n")
            query: dict[str, object] = {
                "on_conflict": options.on_conflict.value,
                "allow_replaced": options.allow_replaced or None,
                # Left out where they are not given: an older service does not know them.
                "prune": prunes or None,
                "expect_removed": options.expect_removed if prunes else None,
                "allow_empty": (prunes and options.allow_empty) or None,
                "tag": options.tags.words() or None,
                "keep_going": options.keep_going,
                # The other entries are compared, although nothing may be stored.
                "dry_run": options.dry_run or is_prevented,
                "message": note.message,
            }
            request = Request(
                "POST",
                f"{_CONFIGS}/import",
                query,
                signed(note),
                body=cast("BinaryIO", file),
                media_type=NDJSON,
                seconds=SECONDS,
            )
            with self.report(request, on_refusal) as report:
                self.refuse(report.body, on_refusal, lambda text: with_places(text, places))
                for mac_address in self.read(report.body, _Imported).removed:
                    on_result(BulkResult(str(mac_address), mac_address, Outcome.DELETED, None, None))
                tally = self.read(report.body, Tally)
        return evolve(tally, refused=tally.refused + refused)

    def patch(
        self,
        selection: Selection,
        patch: MergePatch,
        options: BulkOptions,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = ignore,
        on_result: OnResult = ignore,
    ) -> PatchOutcome:
        # The patch verbatim: its numbers and escapes become those of the configs.
        body = f'{{"merge": {patch.text}, {selecting(selection)}}}'.encode()
        request = Request(
            "POST", f"{_CONFIGS}/patch", parameters(options, note), signed(note), body, seconds=SECONDS
        )
        with self.report(request, on_refusal) as report:
            patched = self.give_results(report, on_result)
            self.refuse(report.body, on_refusal, str)
            tally = self.read(report.body, Tally)
        return PatchOutcome(tally, tuple(self._samples(patched.samples, patch)))

    def undo(
        self,
        change: str,
        options: BulkOptions,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = ignore,
        on_result: OnResult = ignore,
    ) -> Tally:
        check_change_id(change)
        path = f"/api/changes/{quote(change, safe='')}/undo"
        request = Request("POST", path, parameters(options, note), signed(note), seconds=SECONDS)
        with self.report(request, on_refusal) as report:
            self.give_results(report, on_result)
            self.refuse(report.body, on_refusal, str)
            return self.read(report.body, Tally)

    @contextmanager
    def export(self, tags: TagFilter = ANY_TAGS) -> Iterator[Iterator[ExportedConfig]]:
        request = Request(
            "GET", f"{_CONFIGS}/export", {"tag": tags.words() or None}, accepts=NDJSON, seconds=SECONDS
        )
        with self.service.stream(request) as blocks:
            yield map(self._exported, self.lines(blocks))

    def _samples(self, samples: Iterable[Sample], patch: MergePatch) -> Iterator[PatchSample]:
        for sample in samples:
            config = self.entity(Request("GET", f"{_CONFIGS}/{sample.id}"), Config)
            yield PatchSample(config, Merge(patch, MOST_CONTENT_BYTES).apply(config.content))

    def _exported(self, line: bytes) -> ExportedConfig:
        try:
            entry = entry_of(line, "", len(line))
        except IotConfigError:
            raise self.malformed() from None
        return ExportedConfig(entry.mac_address, entry.content.text)


def _write_entries(
    file: BinaryIO, source: Iterable[BulkEntry | BulkRefusal], on_refusal: OnRefusal
) -> tuple[dict[str, str], int]:
    """Write entries as records; return the place of each by its line, and the number of refusals, which are reported."""
    places: dict[str, str] = {}
    refused = 0
    for item in source:
        if isinstance(item, BulkRefusal):
            refused += 1
            on_refusal(item)
            continue
        places[f"line {len(places) + 1}"] = item.place
        file.write(
            f"{record_of(ExportedConfig(item.mac_address, item.content.text), item.if_revision)}\n".encode()
        )
    return places, refused


def selecting(selection: Selection) -> str:
    """The members of a body that select configs, as JSON without braces. Values of conditions are verbatim."""
    given = {
        "mac_addresses": None
        if selection.mac_addresses is None
        else [str(m) for m in selection.mac_addresses],
        "device_names": selection.device_names,
        "match": selection.text,
        "enable_ota": selection.enable_ota,
        "all": selection.everything,
        "expect": selection.expect,
        "allow_empty": selection.allow_empty,
    }
    if selection.tags:
        # Left out where there are none: an older service does not know them.
        given["tags"] = selection.tags.words()
    where = ", ".join(f"{json.dumps(each.pointer)}: {each.value}" for each in selection.where)
    return f'{json.dumps(given, ensure_ascii=False)[1:-1]}, "where": {{{where}}}'
