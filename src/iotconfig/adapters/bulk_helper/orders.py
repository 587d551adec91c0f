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
    """An import of the records file that the helper inherits, or a patch."""

    options: BulkOptions
    note: ChangeNote
    max_content_bytes: int
    form: RecordForm | None = None
    """The format of the records file; None for a patch."""
    query: ConfigQuery = field(factory=ConfigQuery)
    merge: MergePatch | None = None
    """None for an import."""

    def to_json(self) -> bytes:
        """Serialise the order."""
        members = asdict(self, recurse=False) | {
            "options": asdict(self.options),
            "note": asdict(self.note),
            "query": {"text": self.query.text, "enable_ota": self.query.enable_ota},
            "merge": None if self.merge is None else self.merge.text,
        }
        return json.dumps(members).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Parse an order from another process, which has validated it."""
        given: dict[str, Any] = json.loads(text)
        options = given["options"] | {"on_conflict": OnConflict(given["options"]["on_conflict"])}
        return cls(
            options=BulkOptions(**options),
            note=ChangeNote(**given["note"]),
            max_content_bytes=given["max_content_bytes"],
            form=None if given["form"] is None else RecordForm(given["form"]),
            query=ConfigQuery(**given["query"]),
            merge=None if given["merge"] is None else MergePatch.parse(given["merge"]),
        )
