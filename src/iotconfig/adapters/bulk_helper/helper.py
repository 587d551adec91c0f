"""The helper's side: does what an order says, and tells what became of it."""

from __future__ import annotations

import traceback
from typing import IO, BinaryIO

from iotconfig.adapters.fleet_files.records import RecordFile
from iotconfig.domain.configs.bulk import PatchOutcome
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.errors import IotConfigError

from .events import Teller
from .orders import Order


def help_with(fleet: BulkService, order: BinaryIO, records: BinaryIO | None, events: IO[bytes]) -> None:
    """Do what `order` says. `records` is the file of a load. All that may be said of it goes to `events`."""
    teller = Teller(events)
    try:
        outcome = _done(fleet, Order.from_json(order.read()), records, teller)
    except BrokenPipeError:
        raise
    except IotConfigError as error:
        teller.refused(error)
    except Exception:  # noqa: BLE001 - who asked raises it
        teller.fault(traceback.format_exc())
    else:
        teller.done(outcome)


def _done(fleet: BulkService, order: Order, records: BinaryIO | None, teller: Teller) -> PatchOutcome:
    if order.merge is not None:
        return fleet.patch(
            order.query,
            order.merge,
            order.rules,
            order.note,
            teller.refusal,
            teller.result,
            max_content_bytes=order.max_content_bytes,
        )
    if records is None or order.form is None:
        raise ValueError("a load needs records")
    source = RecordFile(records, order.form, order.max_content_bytes)
    return PatchOutcome(fleet.load(source, order.rules, order.note, teller.refusal))
