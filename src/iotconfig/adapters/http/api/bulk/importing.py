"""The import of many configs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from tempfile import TemporaryFile
from typing import Annotated, BinaryIO, Final, cast

import falcon
from attrs import asdict, frozen

from iotconfig.adapters.codec import Record, answer
from iotconfig.adapters.fleet_files.records import RecordFile, RecordForm
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.answers import send
from iotconfig.adapters.http.problems import Refused
from iotconfig.adapters.http.requests.bodies import check_media_type, spool
from iotconfig.adapters.http.requests.queries import (
    COUNT,
    FLAG,
    TAGS,
    choice,
    dry_run_parameter,
    keep_going_parameter,
    message_parameter,
    parameter,
    read_query,
)
from iotconfig.adapters.http.spooled_answers import room_for_files
from iotconfig.adapters.http.transfer_limits import Kind
from iotconfig.adapters.http.transfers import TransferSlots
from iotconfig.domain.configs.bulk import BulkResult, OnConflict
from iotconfig.domain.configs.bulk_options import ImportOptions
from iotconfig.domain.configs.bulk_use_cases import BulkUseCases
from iotconfig.domain.configs.labels import ANY_TAGS, TagFilter

from . import NDJSON
from .reports import BulkReport, Refusals, is_refused

_LISTED: Final = 1000


@frozen
class ImportQuery:
    """The query string of `POST /api/configs/import`."""

    on_conflict: OnConflict = parameter(
        choice(OnConflict), "What to do if a device has a config with other content", OnConflict.FAIL
    )
    allow_replaced: bool = parameter(
        FLAG,
        "`true`: give boards that were replaced a config again; otherwise they are refused",
        default=False,
    )
    prune: bool = parameter(
        FLAG,
        "`true`: delete the configs that the body does not have; never if a record is refused",
        default=False,
    )
    expect_removed: int | None = parameter(
        COUNT, "With `prune`: 412 unless exactly this number of configs would be deleted"
    )
    allow_empty: bool = parameter(
        FLAG, "`true`: with `prune`, a body without records deletes all configs; otherwise 400", default=False
    )
    tag: TagFilter | None = parameter(
        TAGS,
        "Only records of devices with this tag; `!x`: only those without the tag `x`. Given several times, all must hold. "
        "A device without a config has no tags",
    )
    keep_going: bool = keep_going_parameter()
    dry_run: bool = dry_run_parameter()
    message: str | None = message_parameter()


@frozen
class Fleet:
    """The body of `POST /api/configs/import` as one object. It is read record by record."""

    configs: Sequence[Record]


@answer
@frozen
class Imported(BulkReport):
    """The outcome of an import."""

    removed: Annotated[
        Sequence[str], f"The MAC addresses of the first {_LISTED} configs that were deleted, or would be"
    ]


@frozen
class ImportResource:
    """`/api/configs/import`: configs as NDJSON, or as a document `{"configs": […]}`."""

    bulk: BulkUseCases
    max_content_bytes: int
    max_import_bytes: int
    slots: TransferSlots
    yield_turn: Callable[[], None]
    """Called between two records: yields to other requests in the same thread from time to time."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, ImportQuery)
        options = ImportOptions(
            on_conflict=query.on_conflict,
            keep_going=query.keep_going,
            dry_run=query.dry_run,
            allow_replaced=query.allow_replaced,
            prune=query.prune,
            expect_removed=query.expect_removed,
            allow_empty=query.allow_empty,
            tags=query.tag or ANY_TAGS,
        )
        note = note_of(req, query.message)
        is_ndjson = check_media_type(req, NDJSON, falcon.MEDIA_JSON) == NDJSON
        form = RecordForm.NDJSON if is_ndjson else RecordForm.DOCUMENT
        refusals, removed = Refusals(), list[str]()

        def add_removed(result: BulkResult) -> None:
            if len(removed) < _LISTED:
                removed.append(str(result.mac_address))

        with (
            self.slots.held(req, Kind.CHANGE) as slot,
            room_for_files(),
            TemporaryFile() as file,
        ):
            # A longer body is refused.
            slot.hold(min(req.content_length or 0, self.max_import_bytes))
            spool(req, file, self.max_import_bytes, self.yield_turn)
            records = RecordFile(cast("BinaryIO", file), form, self.max_content_bytes, self.yield_turn)
            tally = self.bulk.load(records, options, note, refusals.add, add_removed)
        imported = refusals.report(Imported, tally, options, removed=removed)
        if is_refused(tally, options):
            raise Refused(
                "UNPROCESSABLE",
                f"{tally.refused} of the records cannot be stored, so nothing was stored: {refusals.first}",
                **asdict(imported),
            )
        send(resp, imported)
