"""The routes for many configs at once. Large data goes through temporary files, so that slow clients block nothing."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, Annotated, Any, BinaryIO, Final, cast

import falcon
from attrs import asdict, define, field, frozen

from iotconfig.adapters.codec import BodyReader, answer, to_json
from iotconfig.adapters.diff import proposed
from iotconfig.adapters.fleet_files.files import write_records
from iotconfig.adapters.fleet_files.records import RecordFile, RecordForm
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.answers import send
from iotconfig.adapters.http.comparing import compared
from iotconfig.adapters.http.members import As
from iotconfig.adapters.http.problems import Refused
from iotconfig.adapters.http.requests.bodies import check_media_type, read_json, spool
from iotconfig.adapters.http.requests.queries import (
    FLAG,
    NoQuery,
    choice,
    dry_run_parameter,
    message_parameter,
    parameter,
    read_query,
)
from iotconfig.adapters.http.transfer_limits import FULL, Kind, Slot
from iotconfig.adapters.http.transfers import TransferSlots
from iotconfig.domain.configs.bulk import (
    BulkOptions,
    BulkRefusal,
    BulkResult,
    OnConflict,
    Outcome,
    PatchSample,
    Tally,
)
from iotconfig.domain.configs.bulk_use_cases import BulkUseCases
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import StoreFull, excerpt
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.offload import Offload

NDJSON: Final = "application/x-ndjson"

_LISTED: Final = 1000
"""Maximum number of refusals that an answer lists; all are counted."""

_MEMORY: Final = 1024 * 1024


def _keep_going() -> Any:
    return parameter(FLAG, "`true`: store all valid entries; otherwise all or nothing", default=False)


@frozen
class ImportQuery:
    """The query string of `POST /api/configs/import`."""

    on_conflict: OnConflict = parameter(
        choice(OnConflict), "What to do if a device has a config with other content", OnConflict.FAIL
    )
    keep_going: bool = _keep_going()
    dry_run: bool = dry_run_parameter()
    message: str | None = message_parameter()


@frozen
class PatchQuery:
    """The query string of `POST /api/configs/patch`."""

    keep_going: bool = _keep_going()
    dry_run: bool = dry_run_parameter()
    message: str | None = message_parameter()


@frozen
class PatchOfMany:
    """The body of `POST /api/configs/patch`."""

    match: str
    """Substring of MAC address, device name or entity id, as `q` of the list; empty for every config."""
    merge: MergePatch
    enable_ota: bool | None = None
    message: str | None = None


@answer
@frozen
class ListedRefusal:
    """Why one record of an import, or one config of a patch, was refused."""

    place: Annotated[str, "The line of the record, or its device"]
    error: str
    code: Annotated[str, As("Code")]
    details: dict[str, object]


@answer
@frozen
class Imported:
    """The outcome of an import."""

    dry_run: bool
    new: int
    changed: int
    same: int
    skipped: int
    refused: int
    stored: bool
    errors: Annotated[Sequence[ListedRefusal], f"The first {_LISTED} refusals"]
    errors_left_out: Annotated[int, "The number of further refusals"]


@answer
@frozen
class PatchedConfig:
    """The outcome of a patch for one config."""

    mac_address: MacAddress
    id: int | None
    outcome: Annotated[Outcome, As({"type": "string"})]
    revision: int | None


@answer
@frozen
class Sample:
    """The difference that a patch would make to one config."""

    mac_address: MacAddress
    id: int
    revision: Annotated[int, "The current revision"]
    json_patch: list[dict[str, Any]]
    unified_diff: str


@frozen
class ImportResource:
    """`/api/configs/import`: configs as NDJSON, or as a document `{"configs": […]}`."""

    bulk: BulkUseCases
    max_content_bytes: int
    max_import_bytes: int
    slots: TransferSlots

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, ImportQuery)
        rules = BulkOptions(on_conflict=query.on_conflict, keep_going=query.keep_going, dry_run=query.dry_run)
        note = note_of(req, query.message)
        is_ndjson = check_media_type(req, NDJSON, falcon.MEDIA_JSON) == NDJSON
        form = RecordForm.NDJSON if is_ndjson else RecordForm.DOCUMENT
        refusals = _Refusals()
        with (
            self.slots.held(req, Kind.CHANGE) as slot,
            _room_for_files(),
            TemporaryFile() as file,
        ):
            # A longer body is refused.
            slot.hold(min(req.content_length or 0, self.max_import_bytes))
            spool(req, file, self.max_import_bytes, self.bulk.yield_turn)
            records = RecordFile(cast("BinaryIO", file), form, self.max_content_bytes, self.bulk.yield_turn)
            tally = self.bulk.load(records, rules, note, refusals.add)
        imported = refusals.counted(tally, rules)
        if _is_refused(tally, rules):
            raise Refused(
                "UNPROCESSABLE",
                f"{tally.refused} of the records cannot be stored, so nothing was stored: {refusals.first}",
                **asdict(imported),
            )
        send(resp, imported)


@frozen
class ExportResource:
    """`/api/configs/export`: a consistent snapshot of all configs, as NDJSON."""

    bulk: BulkUseCases
    slots: TransferSlots

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        file = _HeldFile(self.slots.take(req, Kind.EXPORT))
        with _room_for_files(), ExitStack() as failing:
            failing.callback(file.close)
            file.hold()
            with self.bulk.export() as configs:
                write_records(cast("IO[bytes]", file), configs)
            failing.pop_all()
        resp.content_type = NDJSON
        resp.set_header("Cache-Control", "private, no-cache")
        resp.set_header("Content-Disposition", 'attachment; filename="configs.ndjson"')
        file.send(req, resp)


@frozen
class PatchResource:
    """`/api/configs/patch`: one merge patch to every config that a filter selects."""

    bulk: BulkUseCases
    bodies: BodyReader
    comparing: Offload
    slots: TransferSlots

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, PatchQuery)
        rules = BulkOptions(keep_going=query.keep_going, dry_run=query.dry_run)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), PatchOfMany)
        file = _HeldFile(self.slots.take(req, Kind.CHANGE))
        results = _Results(file)
        refusals = _Refusals()
        with _room_for_files(), ExitStack() as failing:
            failing.callback(file.close)
            file.hold()
            outcome = self.bulk.patch(
                ConfigQuery(text=body.match, enable_ota=body.enable_ota),
                body.merge,
                rules,
                note_of(req, query.message, body.message),
                refusals.add,
                results.add,
                max_content_bytes=self.bodies.max_content_bytes,
            )
            tally = outcome.tally
            counts = refusals.counted(tally, rules)
            if _is_refused(tally, rules):
                raise Refused(
                    "VALIDATION_FAILED",
                    f"{tally.refused} of the configs cannot be patched, so nothing was stored: {refusals.first}",
                    **asdict(counts),
                )
            # One sample at a time in memory: five can have 50 MB.
            samples = (_shown(sample, self.comparing) for sample in outcome.samples)
            results.close(counts, samples if rules.dry_run else None)
            failing.pop_all()
        resp.content_type = falcon.MEDIA_JSON
        resp.set_header("Cache-Control", "private, no-cache")
        file.send(req, resp)


def _temporary_file() -> IO[bytes]:
    return cast("IO[bytes]", SpooledTemporaryFile(max_size=_MEMORY))


@define
class _HeldFile:
    """An unfinished answer, on disk if it is large; it occupies a slot until it has been sent."""

    _slot: Slot
    _file: IO[bytes] = field(init=False, factory=_temporary_file)
    _size: int = field(init=False, default=0)

    def hold(self) -> None:
        """Reserve space for the current size. Raises `TooManyRequests` and `StoreFull`."""
        self._slot.hold(self._size)

    def write(self, data: bytes) -> int:
        self._size += len(data)
        if self._size > _MEMORY:
            self.hold()
        return self._file.write(data)

    def read(self, size: int | None = -1, /) -> bytes:
        return self._file.read(-1 if size is None else size)

    def send(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Send the file as the answer. The server closes the file after sending it, and after a failure."""
        if req.method == "HEAD":
            self.close()
            resp.content_length = self._size
        else:
            self._file.seek(0)
            resp.set_stream(self, self._size)

    def close(self) -> None:
        try:
            self._file.close()
        finally:
            self._slot.leave()

    def __del__(self) -> None:
        # Free the slot even if the server did not close the file.
        self._slot.leave()


@define
class _Refusals:
    """The refusals of one request: all counted, the first thousand listed."""

    _listed: list[ListedRefusal] = field(factory=list)
    _count: int = 0
    first: str = ""

    def add(self, refusal: BulkRefusal) -> None:
        self._count += 1
        self.first = self.first or f"{refusal.place}: {refusal.error}"
        if len(self._listed) < _LISTED:
            error = refusal.error
            details = {name: _short(value) for name, value in error.details.items()}
            self._listed.append(ListedRefusal(refusal.place, str(error), error.code, details))

    def counted(self, tally: Tally, rules: BulkOptions) -> Imported:
        """Return the counts of the request with the listed refusals."""
        left_out = self._count - len(self._listed)
        return Imported(rules.dry_run, **asdict(tally), errors=self._listed, errors_left_out=left_out)


def _short(detail: object) -> object:
    """A detail shortened for lists: a pointer can be as long as a record."""
    return excerpt(detail) if isinstance(detail, str) else detail


@define
class _Results:
    """Writes the results of the configs as the JSON of the answer while they arrive."""

    _file: _HeldFile
    _begin: bytes = b'{"results": ['

    def add(self, result: BulkResult) -> None:
        text = to_json(PatchedConfig(result.mac_address, result.config_id, result.outcome, result.revision))
        self._file.write(self._begin + text.encode())
        self._begin = b",\n"

    def close(self, counts: Imported, samples: Iterable[bytes] | None = None) -> None:
        """Complete the answer: the results, the counts, and the changes that a dry run shows."""
        begin = self._begin if self._begin.startswith(b"{") else b""
        self._file.write(begin + b"], " + to_json(counts)[1:-1].encode())
        if samples is not None:
            self._file.write(b', "samples": [')
            for number, sample in enumerate(samples):
                self._file.write(b", " if number else b"")
                self._file.write(sample)
            self._file.write(b"]")
        self._file.write(b"}")


def _is_refused(tally: Tally, rules: BulkOptions) -> bool:
    """Whether a refusal prevented the whole change."""
    return tally.refused > 0 and not (rules.keep_going or rules.dry_run)


def _shown(sample: PatchSample, comparing: Offload) -> bytes:
    config = sample.config

    def text() -> bytes:
        found = proposed(config, sample.content)
        return to_json(
            Sample(config.mac_address, config.id, config.revision, found.json_patch, found.unified_diff)
        ).encode()

    return compared(comparing, text, config.content, sample.content)


@contextmanager
def _room_for_files() -> Iterator[None]:
    """Turn a full temporary disk into `StoreFull`."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StoreFull(FULL) from None
