"""The export of all configs."""

from __future__ import annotations

from typing import IO, cast

import falcon
from attrs import frozen

from iotconfig.adapters.fleet_files.files import write_records
from iotconfig.adapters.http.requests.queries import read_query, tag_parameter
from iotconfig.adapters.http.spooled_answers import spooling
from iotconfig.adapters.http.transfer_limits import Kind
from iotconfig.adapters.http.transfers import TransferSlots
from iotconfig.domain.configs.bulk_use_cases import BulkUseCases
from iotconfig.domain.configs.labels import ANY_TAGS, TagFilter

from . import NDJSON


@frozen
class ExportQuery:
    """The query string of an export."""

    tag: TagFilter | None = tag_parameter()


@frozen
class ExportResource:
    """`/api/configs/export`: a consistent snapshot of configs, as NDJSON."""

    bulk: BulkUseCases
    slots: TransferSlots

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        tags = read_query(req, ExportQuery).tag or ANY_TAGS
        with spooling(self.slots.take(req, Kind.EXPORT)) as spooled, self.bulk.export(tags) as configs:
            write_records(cast("IO[bytes]", spooled), configs)
        resp.content_type = NDJSON
        resp.set_header("Cache-Control", "private, no-cache")
        resp.set_header("Content-Disposition", 'attachment; filename="configs.ndjson"')
        spooled.send(req, resp)
