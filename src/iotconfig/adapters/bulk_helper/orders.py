"""The order for a helper: a JSON object on its standard input."""

from __future__ import annotations

import json
from typing import Any, Self

from attrs import asdict, frozen

from iotconfig.adapters.fleet_files.records import RecordForm
from iotconfig.domain.configs.bulk_options import AnyOptions, BulkOptions, ImportOptions
from iotconfig.domain.configs.labels import Keep, LabelEdit
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.documents.member_value import MemberValue
from iotconfig.domain.documents.merge_patch import MergePatch


@frozen
class Order:
    """An import of the records file that the helper inherits, a patch, an undo, or a change of tags and notes."""

    options: AnyOptions
    """`ImportOptions` for an import, otherwise `BulkOptions`."""
    note: ChangeNote
    max_content_bytes: int
    form: RecordForm | None = None
    """The format of the records file with configs; None for other work."""
    selection: Selection | None = None
    merge: MergePatch | None = None
    """The patch of the selection."""
    labels: LabelEdit | None = None
    """The change of the labels of the selection."""
    most_records: int | None = None
    """Of an import of tags and notes, whose records file the helper inherits: the most records."""
    undone: str | None = None
    """The id of the change to undo."""

    def to_json(self) -> bytes:
        """Serialise the order."""
        members = asdict(self, recurse=False) | {
            "options": _options_to_json(self.options),
            "note": asdict(self.note),
            "selection": None if self.selection is None else _selection_to_json(self.selection),
            "merge": None if self.merge is None else self.merge.text,
            "labels": None if self.labels is None else _labels_to_json(self.labels),
        }
        return json.dumps(members).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Parse an order from another process, which has validated it."""
        given: dict[str, Any] = json.loads(text)
        form = None if given["form"] is None else RecordForm(given["form"])
        options = BulkOptions if form is None else ImportOptions
        return cls(
            options=options(**given["options"]),
            note=ChangeNote(**given["note"]),
            max_content_bytes=given["max_content_bytes"],
            form=form,
            selection=None if given["selection"] is None else _selection_from_json(given["selection"]),
            merge=None if given["merge"] is None else MergePatch.parse(given["merge"]),
            labels=None if given["labels"] is None else LabelEdit(**given["labels"]),
            most_records=given["most_records"],
            undone=given["undone"],
        )


def _options_to_json(options: AnyOptions) -> dict[str, Any]:
    tags = {"tags": options.tags.words()} if isinstance(options, ImportOptions) else {}
    return asdict(options, recurse=False) | tags


def _labels_to_json(edit: LabelEdit) -> dict[str, Any]:
    note = {} if isinstance(edit.note, Keep) else {"note": edit.note}
    model = {} if isinstance(edit.model, Keep) else {"model": edit.model}
    return {"add": edit.add, "remove": edit.remove} | note | model


def _selection_to_json(selection: Selection) -> dict[str, Any]:
    addresses = selection.mac_addresses
    return {
        "mac_addresses": None if addresses is None else [mac_address.canonical for mac_address in addresses],
        "device_names": selection.device_names,
        "text": selection.text,
        "enable_ota": selection.enable_ota,
        "tags": selection.tags.words(),
        "where": [[condition.pointer, condition.value] for condition in selection.where],
        "everything": selection.everything,
        "expect": selection.expect,
        "allow_empty": selection.allow_empty,
    }


def _selection_from_json(given: dict[str, Any]) -> Selection:
    where = [MemberValue(pointer, value) for pointer, value in given["where"]]
    return Selection(**given | {"where": where})
