"""The order for a helper: a JSON object on its standard input."""

from __future__ import annotations

import json
from typing import Any, Self

from attrs import asdict, field, frozen

from iotconfig.adapters.fleet_files.records import RecordForm
from iotconfig.domain.configs.bulk import BulkOptions, OnConflict
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.documents.merge_patch import MergePatch


@frozen
class Order:
    """A load of the file of records that the helper inherits, or else a patch."""

    rules: BulkOptions
    note: ChangeNote
    max_content_bytes: int
    form: RecordForm | None = None
    """The file's; None for a patch."""
    query: ConfigQuery = field(factory=ConfigQuery)
    merge: MergePatch | None = None
    """None for a load."""

    def to_json(self) -> bytes:
        """The order as a helper reads it."""
        members = asdict(self, recurse=False) | {
            "rules": asdict(self.rules),
            "note": asdict(self.note),
            "query": {"text": self.query.text, "enable_ota": self.query.enable_ota},
            "merge": None if self.merge is None else self.merge.text,
        }
        return json.dumps(members).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """The order that another process wrote, which has checked all of it."""
        given: dict[str, Any] = json.loads(text)
        rules = given["rules"] | {"on_conflict": OnConflict(given["rules"]["on_conflict"])}
        return cls(
            rules=BulkOptions(**rules),
            note=ChangeNote(**given["note"]),
            max_content_bytes=given["max_content_bytes"],
            form=None if given["form"] is None else RecordForm(given["form"]),
            query=ConfigQuery(**given["query"]),
            merge=None if given["merge"] is None else MergePatch.parse(given["merge"]),
        )
