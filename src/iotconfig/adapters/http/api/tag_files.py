"""Tags and notes of all devices as a file, out and in: the side file of an export."""

from __future__ import annotations

from collections.abc import Callable
from tempfile import TemporaryFile
from typing import IO, BinaryIO, Final, cast

import falcon
from attrs import asdict, frozen

from iotconfig.adapters.codec import answer
from iotconfig.adapters.fleet_files.side_files import LabelFile, write_labels
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.answers import send
from iotconfig.adapters.http.problems import Refused
from iotconfig.adapters.http.requests.bodies import check_media_type, spool
from iotconfig.adapters.http.requests.queries import read_query
from iotconfig.adapters.http.spooled_answers import room_for_files, spooling
from iotconfig.adapters.http.transfer_limits import Kind
from iotconfig.adapters.http.transfers import TransferSlots
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.labels import ANY_TAGS
from iotconfig.domain.configs.tag_use_cases import TagUseCases

from .bulk import NDJSON
from .bulk.exporting import ExportQuery
from .bulk.patching import PatchQuery
from .bulk.reports import BulkReport, Refusals, is_refused

MOST_RECORDS: Final = 50_000
"""The most records of one import: they are kept in memory until they are stored."""


@answer
@frozen
class TagsImported(BulkReport):
    """The outcome of an import of tags and notes."""


@frozen
class ExportTagsResource:
    """`/api/devices/tags/export`: tags and notes as NDJSON."""

    tags: TagUseCases
    slots: TransferSlots

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        chosen = read_query(req, ExportQuery).tag or ANY_TAGS
        with spooling(self.slots.take(req, Kind.EXPORT)) as spooled:
            write_labels(cast("IO[bytes]", spooled), self.tags.export(chosen))
        resp.content_type = NDJSON
        resp.set_header("Cache-Control", "private, no-cache")
        resp.set_header("Content-Disposition", 'attachment; filename="tags.ndjson"')
        spooled.send(req, resp)


@frozen
class ImportTagsResource:
    """`/api/devices/tags/import`: tags and notes of the devices that the body lists."""

    tags: TagUseCases
    max_import_bytes: int
    slots: TransferSlots
    yield_turn: Callable[[], None]
    """Called between two blocks: yields to other requests in the same thread from time to time."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, PatchQuery)
        options = BulkOptions(keep_going=query.keep_going, dry_run=query.dry_run)
        note = note_of(req, query.message)
        check_media_type(req, NDJSON)
        refusals = Refusals()
        with self.slots.held(req, Kind.CHANGE) as slot, room_for_files(), TemporaryFile() as file:
            # A longer body is refused.
            slot.hold(min(req.content_length or 0, self.max_import_bytes))
            spool(req, file, self.max_import_bytes, self.yield_turn)
            entries = LabelFile(cast("BinaryIO", file), MOST_RECORDS, self.yield_turn)
            tally = self.tags.load(entries, options, note, refusals.add)
        report = refusals.report(TagsImported, tally, options)
        if is_refused(tally, options):
            raise Refused(
                "UNPROCESSABLE",
                f"{tally.refused} of the records cannot be stored, so nothing was stored: {refusals.first}",
                **asdict(report),
            )
        send(resp, report)
