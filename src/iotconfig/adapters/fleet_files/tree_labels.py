"""The labels of devices in the file `tags.json` of a tree: one object, with a member for each device."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from iotconfig.adapters.codec.members import BODY_DEPTH, plain_value, strings_of
from iotconfig.domain.configs.labels import NO_LABELS, Labels
from iotconfig.domain.documents import strict_json
from iotconfig.domain.documents.json_members import Member, members
from iotconfig.domain.documents.pointer import pointer
from iotconfig.domain.errors import InvalidDocument, IotConfigError, ValidationFailed
from iotconfig.domain.mac import MacAddress, in_order
from iotconfig.domain.planning.managed import plain

_NAMES: Final = ("tags", "note", "model")


def read_labels(document: bytes) -> dict[MacAddress, Labels]:
    """Read the labels of devices; a member that is missing says that the device has none of that kind.

    Raises `InvalidDocument` and `ValidationFailed`, with the device.
    """
    found: dict[MacAddress, Labels] = {}
    for member in members(strict_json.decode_utf8(document), BODY_DEPTH):
        mac_address = MacAddress.parse(member.name)
        if mac_address in found:
            raise InvalidDocument(
                "this device is named twice, in two spellings", pointer=pointer([member.name])
            )
        found[mac_address] = _labels(member)
    return found


def _labels(member: Member) -> Labels:
    if not isinstance(member.value, dict):
        raise InvalidDocument(
            f"expected a JSON object, found {strict_json.kind(member.value)}", pointer=pointer([member.name])
        )
    try:
        given: dict[str, Any] = {}
        for each in members(member.text, BODY_DEPTH, _NAMES):
            if each.name == "tags":
                given["tags"] = strings_of(each)
            elif each.value is not None:
                given[each.name] = plain_value(str, "a string or null", each)
        return Labels(**given)
    except InvalidDocument as error:
        raise error.within(pointer([member.name])) from None
    except IotConfigError as error:
        raise ValidationFailed(f"At {pointer([member.name])}: {error}") from None


def labels_document(labels: Mapping[MacAddress, Labels]) -> bytes:
    """The text that `read_labels` reads back: a line for each device that has some, sorted by MAC address."""
    lines = [
        f'  "{plain(mac)}": {_record(labels[mac])}' for mac in in_order(labels) if labels[mac] != NO_LABELS
    ]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode() if lines else b"{}\n"


def _record(labels: Labels) -> str:
    record: dict[str, object] = {}
    if labels.tags:
        record["tags"] = list(labels.tags)
    if labels.note is not None:
        record["note"] = labels.note
    if labels.model is not None:
        record["model"] = labels.model
    return json.dumps(record, ensure_ascii=False)
