"""Writes of many configs, over HTTP: their reports, and the records of exports."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from attrs import field, frozen

from iotconfig.domain.configs.bulk import BulkRefusal, BulkResult, OnRefusal, OnResult, Outcome
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.label_differences import (
    DocumentDifference,
    ModelDifference,
    NoteDifference,
    TagDifference,
)
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.errors import IotConfigError, NothingSelected, UnexpectedCount, excerpt
from iotconfig.domain.mac import MacAddress

from .answers import RemoteUseCases
from .connection import MOST_CONTENT_BYTES, Request
from .problems import error_with

NDJSON: Final = "application/x-ndjson"
SECONDS: Final = 900.0
"""The longest wait for the outcome: a service may queue large imports."""
_MOST_LINE_BYTES: Final = 3 * MOST_CONTENT_BYTES
"""More than a record of an export has: its content may be a string, with a backslash before each quote."""
_LINE: Final = re.compile(r"line [0-9]+\b")
_REFUSED: Final = frozenset(
    {"UNPROCESSABLE", "VALIDATION_FAILED", "CHANGED_SINCE", "RECORD_EXISTS", "RECORD_GONE"}
)
"""The codes of refusals of a whole write, whose details are its report."""


def ignore(_subject: object) -> None:
    """Ignore a report."""


@frozen
class _Refusal:
    place: str
    error: str
    code: str
    details: dict[str, Any]


@frozen
class _Refusals:
    """The refusals in the report of a bulk write."""

    errors: Sequence[_Refusal]


@frozen
class Report:
    """The report of a bulk write: an object with the members of `Tally`, and refusals."""

    body: bytes
    is_whole: bool = True
    """False where the service refused the whole write: results are missing then."""


@frozen
class _Result:
    mac_address: MacAddress
    id: int | None
    outcome: Outcome
    revision: int | None
    tags: TagDifference | None = None
    note: NoteDifference | None = None
    model: ModelDifference | None = None
    document: DocumentDifference | None = None


@frozen
class Sample:
    """A config that a dry run shows."""

    id: int


@frozen
class Patched:
    """What the answer to a bulk write has of single configs."""

    results: Sequence[_Result]
    samples: Sequence[Sample] = field(factory=tuple)


@frozen
class RemoteWrites(RemoteUseCases):
    """Use cases that write many configs on a service."""

    def give_results(self, report: Report, on_result: OnResult) -> Patched:
        """Report the results of a patch or an undo, and return what its answer has of single configs."""
        patched = self.read(report.body, Patched) if report.is_whole else Patched([])
        for result in patched.results:
            place = str(result.mac_address)
            on_result(
                BulkResult(
                    place,
                    result.mac_address,
                    result.outcome,
                    result.id,
                    result.revision,
                    tags=result.tags,
                    note=result.note,
                    model=result.model,
                    document=result.document,
                )
            )
        return patched

    @contextmanager
    def report(self, request: Request, on_refusal: OnRefusal) -> Iterator[Report]:
        """Send a bulk write; the block reads its report.

        Raises `NothingSelected` and `UnexpectedCount` after the refusals that come with them were reported.
        """
        try:
            report = Report(self.service.ask(request).body)
        except IotConfigError as error:
            if "errors" not in error.details:
                raise
            details = json.dumps(error.details).encode()
            if isinstance(error, NothingSelected | UnexpectedCount):
                self.refuse(details, on_refusal, str)
                raise
            if error.code not in _REFUSED:
                raise
            # A refusal of the whole write: whatever its form, nothing was stored.
            yield Report(details, is_whole=False)
            return
        with self.reading(request):
            yield report

    def refuse(self, report: bytes, on_refusal: OnRefusal, with_places: Callable[[str], str]) -> None:
        """Report the refusals; with_places: writes the places of entries for the lines of the records."""
        for refusal in self.read(report, _Refusals).errors:
            error = error_with(refusal.code, with_places(refusal.error), refusal.details)
            on_refusal(BulkRefusal(with_places(excerpt(refusal.place)), error))

    def lines(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The lines of an export. Raises `NotThisService` for one that is longer than a record can be."""
        rest = bytearray()
        for block in blocks:
            *ends, begin = block.split(b"\n")
            for end in ends:
                yield bytes(rest + end)
                rest.clear()
            rest += begin
            if len(rest) > _MOST_LINE_BYTES:
                raise self.malformed()
        if rest:
            yield bytes(rest)


def parameters(options: BulkOptions, note: ChangeNote) -> dict[str, object]:
    """The query string of a patch or an undo."""
    return {"keep_going": options.keep_going, "dry_run": options.dry_run, "message": note.message}


def with_places(text: str, places: Mapping[str, str]) -> str:
    """A text of the service, with the place of an entry for the line of its record."""
    return _LINE.sub(lambda found: places.get(found[0], found[0]), text, 1)
