"""Records of labels: one JSON object with the MAC address, the tags, the note and the model of a device."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Final

from attrs import fields, frozen

from iotconfig.domain.configs.label_entries import LabelEntry, LabelledDevice
from iotconfig.domain.documents import json_members, strict_json
from iotconfig.domain.mac import MacAddress

from .members import BODY_DEPTH, mac_address_of, missing, plain_value, strings_of


@frozen
class LabelRecord:
    """The tags, the note and the model of one device, as a line of a side file has them."""

    mac_address: MacAddress
    tags: Annotated[Sequence[str] | None, "All tags of the device; without this member, they stay"] = None
    note: Annotated[str | None, "Its note; null or empty: none; without this member, it stays"] = None
    model: Annotated[str | None, "Its model; null: none; without this member, it stays"] = None


_NAMES: Final = tuple(attribute.name for attribute in fields(LabelRecord))


def label_entry_of(line: bytes, place: str) -> LabelEntry:
    """The entry that one JSON object describes. Raises `InvalidDocument`, `InvalidMacAddress` and `ValidationFailed`."""
    found = json_members.members(strict_json.decode_utf8(line), BODY_DEPTH, _NAMES)
    members = {member.name: member for member in found}
    if "mac_address" not in members:
        raise missing("mac_address")
    given: dict[str, Any] = {}
    if "tags" in members:
        given["tags"] = strings_of(members["tags"])
    if "note" in members:
        note = members["note"]
        given["note"] = None if note.value in (None, "") else plain_value(str, "a string or null", note)
    if "model" in members:
        model = members["model"]
        given["model"] = None if model.value is None else plain_value(str, "a string or null", model)
    return LabelEntry(place, mac_address_of(members["mac_address"]), **given)


def label_record_of(device: LabelledDevice) -> str:
    """The labels of a device as a line that `label_entry_of` reads back, without the line break."""
    labels = device.labels
    record = {"mac_address": str(device.mac_address), "tags": list(labels.tags), "note": labels.note}
    if labels.model is not None:
        record["model"] = labels.model
    return json.dumps(record, ensure_ascii=False)
