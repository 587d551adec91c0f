"""Bulk writes in a helper process: the same results as in the worker, and all or nothing if the helper is killed."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

import pytest
from attrs import evolve

from iotconfig.adapters.bulk_helper import HelpedBulkService, help_with
from iotconfig.adapters.bulk_helper.events import handle_event
from iotconfig.adapters.bulk_helper.orders import Order
from iotconfig.adapters.fleet_files.records import RecordFile, RecordForm
from iotconfig.domain.configs.bulk import (
    BulkRefusal,
    BulkResult,
    OnConflict,
    OnRefusal,
    OnResult,
    PatchOutcome,
    Tally,
)
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.bulk_use_cases import BulkUseCases
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.documents.member_value import MemberValue
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import IotConfigError, StoreBusy, StoreUnavailable, UnexpectedCount
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services
from iotconfig.testing.builders import mac
from tests.support.fleet_files import stored
from tests.support.schema import rows
from tests.support.serving import environment

HELPER = "iotconfig.entrypoints.bulk_helper"
LIMIT = 2000
REPLACE = ImportOptions(OnConflict.REPLACE)
ALL = BulkOptions()
GO_ON = BulkOptions(keep_going=True)
NOTE = ChangeNote("somebody", "for \x7f a reason")
Said = list[tuple[object, ...]]


def record(number: int, content: str = "{}") -> str:
    return f'{{"mac_address": "{mac(number)}", "content": {content}}}\n'


LINES = "".join(record(number, f'{{"n": {number}, "deviceName": "ü{number}"}}') for number in range(5))
BAD = (
    record(9) + 'no json\n{"mac_address": "0x", "content": {}}\n' + record(8, '{"a": {"b": NaN}}') + record(9)
)
LARGE = record(7, f'{{"a": "{"x" * LIMIT}"}}')

Work = Callable[[BulkUseCases, Said], object]


def load(text: str, options: ImportOptions = REPLACE, form: RecordForm = RecordForm.NDJSON) -> Work:
    def work(bulk: BulkUseCases, said: Said) -> object:
        with TemporaryFile() as file:
            file.write(text.encode())
            records = RecordFile(cast("BinaryIO", file), form, LIMIT)
            tally = bulk.load(
                records,
                options,
                NOTE,
                lambda refusal: said.append(_refused(refusal)),
                lambda removal: said.append((str(removal.mac_address), removal.outcome, removal.revision)),
            )
            return _without_change(tally)

    return work


def patch(merge: str, options: BulkOptions = ALL, selection: Selection | None = None) -> Work:
    def work(bulk: BulkUseCases, said: Said) -> object:
        try:
            outcome = bulk.patch(
                selection or Selection(everything=True),
                MergePatch.parse(merge),
                options,
                NOTE,
                lambda refusal: said.append(_refused(refusal)),
                lambda result: said.append(_messages(result)),
            )
        except UnexpectedCount as error:
            return str(error), error.details
        samples = [(s.config.mac_address, s.config.content, s.content) for s in outcome.samples]
        return _without_change(outcome.tally), samples

    return work


def undo(text: str, options: BulkOptions = ALL) -> Work:
    """Load records, change some of the configs again, and undo the load."""

    def work(bulk: BulkUseCases, said: Said) -> object:
        with TemporaryFile() as file:
            file.write(text.encode())
            tally = bulk.load(RecordFile(cast("BinaryIO", file), RecordForm.NDJSON, LIMIT), REPLACE, NOTE)
        assert tally.change is not None
        if options.keep_going:
            load(record(1).replace('"n": ', '"m": '))(bulk, [])
        return bulk.undo(
            tally.change,
            options,
            NOTE,
            lambda refusal: said.append(_refused(refusal)),
            lambda result: said.append(_messages(result)),
        )

    return work


def _without_change(tally: Tally) -> Tally:
    """The tally without the id of its change, which differs each time, after a check that what was stored has one."""
    assert tally.stored == (tally.change is not None)
    return evolve(tally, change=None)


def _refused(refusal: BulkRefusal) -> tuple[object, ...]:
    error = refusal.error
    return refusal.place, type(error), error.code, str(error), error.details


def _messages(result: BulkResult) -> tuple[object, ...]:
    return result.place, result.mac_address, result.outcome, result.config_id, result.revision


WORKS = {
    "new": [load(LINES)],
    "a document": [load(f'{{"configs": [{record(1)},{record(2)}]}}', form=RecordForm.DOCUMENT)],
    "a broken document": [load('{"configs": [{}', form=RecordForm.DOCUMENT)],
    "conflicts": [load(LINES), load(LINES.replace('"n": ', '"m": '), ImportOptions())],
    "bad records": [load(BAD + LARGE)],
    "good ones among bad ones": [load(BAD + LARGE, ImportOptions(keep_going=True))],
    "a dry run": [load(LINES, ImportOptions(dry_run=True))],
    "a patch": [load(LINES), patch('{"a": [1.10, "\\u00e9"], "n": null}'), patch('{"n": null}')],
    "a patch of some": [load(LINES), patch("{}", selection=Selection(text="Ü"))],
    "a patch of named ones": [
        load(LINES),
        patch("{}", selection=Selection(mac_addresses=[mac(4), mac(3)], device_names=["ü1", "ü9"])),
    ],
    "a patch of some values": [
        load(LINES),
        patch("{}", selection=Selection(where=[MemberValue("/n", "3.0")], expect=1)),
        patch("{}", selection=Selection(where=[MemberValue("/n", "9")], allow_empty=True)),
        patch("{}", selection=Selection(where=[MemberValue("/n", "9")], expect=1)),
    ],
    "an import that prunes": [load(LINES), load(record(3), ImportOptions("replace", prune=True))],
    "an import that prunes, and is refused": [load(LINES), load(BAD, ImportOptions(prune=True))],
    "a dry run of a patch": [load(LINES), patch('{"a": 1}', BulkOptions(dry_run=True))],
    "an undo": [undo(LINES)],
    "an undo of other content": [load(LINES), undo(LINES.replace('"n": ', '"m": '))],
    "an undo that some refuse": [undo(LINES, GO_ON)],
    "a dry run of an undo": [undo(LINES, BulkOptions(dry_run=True))],
    "a patch that is refused": [load(LINES), patch('{"deviceName": 1}')],
    "a patch that some refuse": [load(LINES), patch(f'{{"x": "{"x" * (LIMIT - 26)}"}}', GO_ON)],
}


@contextmanager
def helped(url: str, command: Sequence[str] = (HELPER,)) -> Iterator[HelpedBulkService]:
    with open_services(
        Settings.from_environ({"DATABASE_URL": url, "IOTCONFIG_MAX_CONTENT_BYTES": str(LIMIT)})
    ) as services:
        yield HelpedBulkService(
            services.bulk, [sys.executable, "-m", *command], environment(url), most_here=1
        )


class WithoutProcess(HelpedBulkService):
    """The helper in this process, with the same messages."""

    def run(
        self, order: Order, report: OnRefusal, tell: OnResult, records: BinaryIO | None = None
    ) -> PatchOutcome:
        events = io.BytesIO()
        help_with(self.bulk, io.BytesIO(order.to_json()), records, events)
        outcomes = [handle_event(line, report, tell) for line in events.getvalue().splitlines()]
        assert outcomes[-1] is not None
        return outcomes[-1]


def _history(url: str) -> list[tuple[object, ...]]:
    return rows(
        url,
        "SELECT config_id, mac_address, revision, operation, author, message, content FROM revisions ORDER BY 1, 3",
    )


@pytest.mark.parametrize("name", WORKS)
def test_a_helper_gives_the_results_of_the_worker(sqlite_url: str, tmp_path: Path, name: str) -> None:
    """Counts, refusals, results, samples and stored rows are equal."""
    other = f"sqlite:///{tmp_path / 'other.db'}"
    (tmp_path / "other.db").write_bytes(Path(sqlite_url.removeprefix("sqlite:///")).read_bytes())
    here: Said = []
    there: Said = []
    with (
        open_services(
            Settings.from_environ({"DATABASE_URL": sqlite_url, "IOTCONFIG_MAX_CONTENT_BYTES": str(LIMIT)})
        ) as services,
        open_services(
            Settings.from_environ({"DATABASE_URL": other, "IOTCONFIG_MAX_CONTENT_BYTES": str(LIMIT)})
        ) as other_services,
    ):
        helping = WithoutProcess(other_services.bulk, [], {}, most_here=1)
        for work in WORKS[name]:
            assert work(services.bulk, here) == work(helping, there)
    assert here == there
    assert _history(sqlite_url) == _history(other)


def test_a_helper_in_its_process(database_url: str) -> None:
    """The same command serves both databases."""
    with helped(database_url) as bulk:
        load(LINES)(bulk, [])
        patch('{"a": 1}')(bulk, [])
    assert (5, 10, 5, 5) == stored(database_url)


@pytest.mark.parametrize("moment", ["INSERT INTO notifications", "COMMIT"])
def test_a_helper_that_is_killed_stores_nothing(sqlite_url: str, moment: str) -> None:
    """The error says that all was stored or nothing, which is true at any moment of the kill."""
    with (
        helped(sqlite_url, ["tests.support.struck_helper", moment]) as bulk,
        pytest.raises(StoreUnavailable, match="Either all of them were stored, or none"),
    ):
        load(LINES)(bulk, [])
    assert (0, 0, 0, 0) == stored(sqlite_url)


def test_no_helper_can_be_started(sqlite_url: str) -> None:
    """If the system has no resources for a process, nothing is stored."""
    with open_services(
        Settings.from_environ({"DATABASE_URL": sqlite_url, "IOTCONFIG_MAX_CONTENT_BYTES": str(LIMIT)})
    ) as services:
        helping = HelpedBulkService(services.bulk, ["/no/such/interpreter"], os.environ, most_here=1)
        with pytest.raises(StoreBusy, match="cannot start another process now"):
            load(LINES)(helping, [])


@pytest.mark.parametrize(
    ("selection", "may_be"),
    [
        (Selection(everything=True), 5),
        (Selection(text="ü"), 5),
        (Selection(where=[MemberValue("/n", "1")]), 5),
        (Selection(mac_addresses=[mac(1), mac(2)]), 2),
        (Selection(device_names=["ü1"]), 5),
        (Selection(mac_addresses=[mac(1)], device_names=["ü1"], text="ü1"), 5),
    ],
    ids=["all", "text", "values", "addresses", "name", "address or name"],
)
def test_only_a_patch_that_may_be_large_needs_a_helper(
    sqlite_url: str, selection: Selection, may_be: int
) -> None:
    """Large is what the selection may be before contents and names are compared."""
    with open_services(Settings.from_environ({"DATABASE_URL": sqlite_url})) as services:
        load(LINES)(services.bulk, [])
        helping = HelpedBulkService(services.bulk, ["/no/such/interpreter"], os.environ, most_here=may_be)
        patch("{}", selection=selection)(helping, [])
        with pytest.raises(StoreBusy):
            patch("{}", selection=selection)(evolve(helping, most_here=may_be - 1), [])


def test_the_number_of_helpers_is_limited(sqlite_url: str) -> None:
    """A request that waits too long is refused, and nothing of it is stored; it works afterwards."""
    with open_services(
        Settings.from_environ({"DATABASE_URL": sqlite_url, "IOTCONFIG_MAX_CONTENT_BYTES": str(LIMIT)})
    ) as services:
        helping = HelpedBulkService(
            services.bulk,
            [sys.executable, "-m", HELPER],
            environment(sqlite_url),
            most_here=1,
            at_once=1,
            patience=0.01,
        )

        def refused_meanwhile(refusal: BulkRefusal) -> None:
            with pytest.raises(StoreBusy, match="Nothing was stored"):
                load(LINES)(helping, [])
            refusals.append(refusal)

        refusals: list[BulkRefusal] = []
        with TemporaryFile() as file:
            file.write(b"no json\n" * 2)
            records = RecordFile(cast("BinaryIO", file), RecordForm.NDJSON, LIMIT)
            helping.load(records, REPLACE, NOTE, refused_meanwhile)
        load(LINES)(helping, [])
    assert 2 == len(refusals)
    assert (5, 5, 5, 5) == stored(sqlite_url)


def test_small_writes_start_no_helper(sqlite_url: str) -> None:
    """A hundred records, or a patch to a hundred configs, run in the worker."""
    with open_services(
        Settings.from_environ({"DATABASE_URL": sqlite_url, "IOTCONFIG_MAX_CONTENT_BYTES": str(LIMIT)})
    ) as services:
        helping = HelpedBulkService(services.bulk, ["/no/such/interpreter"], os.environ)
        load("".join(map(record, range(100))))(helping, [])
        patch('{"a": 1}')(helping, [])
        with pytest.raises(IotConfigError, match="another process"):
            load("".join(map(record, range(126))))(helping, [])
        load("".join(map(record, range(100, 125))))(helping, [])
        patch('{"a": 1}')(helping, [])
        load(record(126))(helping, [])
        with pytest.raises(IotConfigError, match="another process"):
            load(record(126), ImportOptions(prune=True))(helping, [])
        with pytest.raises(IotConfigError, match="another process"):
            patch('{"a": 1}')(helping, [])


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("{}\n" * 3, RecordForm.NDJSON, True),
        ("{}\n" * 2, RecordForm.NDJSON, False),
        ("{}\n{}\n{}", RecordForm.NDJSON, False),
        ('{"configs": [{}]}', RecordForm.DOCUMENT, False),
        ('{"configs": [{}, {}]}', RecordForm.DOCUMENT, True),
        (" " * 300_000, RecordForm.NDJSON, True),
    ],
)
def test_the_estimated_number_of_records(text: str, form: RecordForm, expected: bool) -> None:
    """It is a lower bound from the separators; a large body may have any number."""
    file = RecordFile(io.BytesIO(text.encode()), form, LIMIT)
    assert file.may_have_more_than(2) is expected
