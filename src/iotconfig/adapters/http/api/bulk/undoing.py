"""The undo of a change. Its results are spooled while they arrive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import falcon
from attrs import asdict, frozen

from iotconfig.adapters.codec import AnswerStream, BodyReader, answer
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.problems import Refused
from iotconfig.adapters.http.requests.message_body import read_message
from iotconfig.adapters.http.requests.queries import (
    dry_run_parameter,
    keep_going_parameter,
    message_parameter,
    read_query,
)
from iotconfig.adapters.http.spooled_answers import spooling
from iotconfig.adapters.http.transfer_limits import Kind
from iotconfig.adapters.http.transfers import TransferSlots
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.bulk_use_cases import BulkUseCases

from .patching import PatchedConfig, listed
from .reports import BulkReport, Refusals, is_refused

_OWN_CODES: Final = frozenset({"CHANGED_SINCE", "RECORD_EXISTS", "RECORD_GONE"})
"""Codes of a refused config that are the code of the whole answer; otherwise it is UNPROCESSABLE."""


@frozen
class UndoQuery:
    """The query string of `POST /api/changes/{change}/undo`."""

    keep_going: bool = keep_going_parameter()
    dry_run: bool = dry_run_parameter()
    message: str | None = message_parameter()


@answer
@frozen
class Undone(BulkReport):
    """The outcome of an undo."""

    results: Sequence[PatchedConfig]


@frozen
class UndoResource:
    """`/api/changes/{change}/undo`: restores what each config was before a change."""

    bulk: BulkUseCases
    bodies: BodyReader
    slots: TransferSlots

    def on_post(self, req: falcon.Request, resp: falcon.Response, change: str) -> None:
        query = read_query(req, UndoQuery)
        options = BulkOptions(keep_going=query.keep_going, dry_run=query.dry_run)
        body = read_message(req, self.bodies)
        refusals = Refusals()
        with spooling(self.slots.take(req, Kind.CHANGE)) as spooled:
            undone = AnswerStream(Undone, spooled.write)
            undone.begin_list("results")
            tally = self.bulk.undo(
                change,
                options,
                note_of(req, query.message, body.message),
                refusals.add,
                lambda result: undone.add(listed(result)),
            )
            report = refusals.report(BulkReport, tally, options)
            if is_refused(tally, options):
                code = report.errors[0].code
                raise Refused(
                    code if code in _OWN_CODES else "UNPROCESSABLE",
                    f"{tally.refused} of the configs cannot be undone, so nothing was stored: {refusals.first}",
                    **asdict(report),
                )
            undone.add_members(report)
            undone.end()
        resp.content_type = falcon.MEDIA_JSON
        resp.set_header("Cache-Control", "private, no-cache")
        spooled.send(req, resp)
