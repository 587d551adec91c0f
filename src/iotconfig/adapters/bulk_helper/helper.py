"""The helper's side: executes an order, and reports events."""

from __future__ import annotations

import traceback
from typing import IO, BinaryIO

from attrs import evolve

from iotconfig.adapters.fleet_files.records import RecordFile
from iotconfig.adapters.fleet_files.side_files import LabelFile
from iotconfig.domain.configs.bulk import PatchOutcome
from iotconfig.domain.configs.bulk_options import ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.errors import IotConfigError

from .events import EventWriter
from .orders import Order


def help_with(bulk: BulkService, order: BinaryIO, records: BinaryIO | None, events: IO[bytes]) -> None:
    """Execute `order` and write its events to `events`. `records`: the file of an import."""
    writer = EventWriter(events)
    try:
        outcome = _done(bulk, Order.from_json(order.read()), records, writer)
    except BrokenPipeError:
        raise
    except IotConfigError as error:
        writer.refused(error)
    except Exception:  # noqa: BLE001 - the worker raises it
        writer.fault(traceback.format_exc())
    else:
        writer.done(outcome)


def _done(bulk: BulkService, order: Order, records: BinaryIO | None, writer: EventWriter) -> PatchOutcome:
    bulk = evolve(bulk, max_content_bytes=order.max_content_bytes)
    options = order.options
    if isinstance(options, ImportOptions):
        if records is None or order.form is None:
            raise ValueError("an import needs records")
        source = RecordFile(records, order.form, order.max_content_bytes)
        return PatchOutcome(bulk.load(source, options, order.note, writer.refusal, writer.result))
    if order.undone is not None:
        return PatchOutcome(bulk.undo(order.undone, options, order.note, writer.refusal, writer.result))
    tags = TagService(bulk.store, bulk.clock, bulk.yield_turn, bulk.offload)
    if order.most_records is not None:
        if records is None:
            raise ValueError("an import needs records")
        entries = LabelFile(records, order.most_records)
        return PatchOutcome(tags.load(entries, options, order.note, writer.refusal, writer.result))
    if order.labels is not None and order.selection is not None:
        chosen, edit = order.selection, order.labels
        return PatchOutcome(tags.tag(chosen, edit, options, order.note, writer.refusal, writer.result))
    if order.merge is None or order.selection is None:
        raise ValueError("a patch needs a selection and a merge patch")
    return bulk.patch(order.selection, order.merge, options, order.note, writer.refusal, writer.result)
