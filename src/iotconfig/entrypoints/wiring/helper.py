"""The helper process of a worker."""

from __future__ import annotations

from typing import IO, BinaryIO

from iotconfig.adapters.bulk_helper import help_with
from iotconfig.entrypoints.settings import Settings

from .services import open_services


def execute_order(settings: Settings, order: BinaryIO, records: BinaryIO | None, events: IO[bytes]) -> None:
    """Execute the order of a worker on the database, and write its events. `records`: the file of an import."""
    with open_services(settings, checks_schema=False) as services:
        help_with(services.bulk, order, records, events)
