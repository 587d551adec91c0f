"""Records of many configs: one JSON object with the MAC address and the content of a config."""

from __future__ import annotations

import json
import re
from typing import Annotated, Final

from attrs import fields, frozen

from iotconfig.domain.configs.bulk import BulkEntry, ExportedConfig
from iotconfig.domain.documents import json_members, strict_json
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES, ConfigContent
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.mac import MacAddress

from .members import BODY_DEPTH, content_of, mac_address_of, missing, plain_value


@frozen
class Record:
    """One config of an import."""

    mac_address: MacAddress
    content: ConfigContent
    if_revision: Annotated[int | None, "Refused unless the config is at this revision"] = None


_NAMES: Final = tuple(attribute.name for attribute in fields(Record))
_REQUIRED: Final = ("mac_address", "content")
# A record as exports write it; the second group is the content if it is a valid document.
_USUAL_RECORD: Final = re.compile(
    r'\{"mac_address": ?"([0-9a-f:]{17})", ?"content": ?(\{.*\})\}\n?', re.DOTALL
)


def entry_of(line: bytes, place: str, max_content_bytes: int = DEFAULT_MAX_BYTES) -> BulkEntry:
    """The entry that one JSON object describes: a `Record`. Raises as `BodyReader.read`."""
    text = strict_json.decode_utf8(line)
    if usual := _USUAL_RECORD.fullmatch(text):
        # Fast path; the general path below is a third slower and reports errors.
        try:
            content = ConfigContent.parse(usual[2], max_content_bytes)
            return BulkEntry(place, MacAddress(usual[1]), content)
        except IotConfigError:
            pass
    found = json_members.members(text, BODY_DEPTH, _NAMES)
    members = {member.name: member for member in found}
    for name in _REQUIRED:
        if name not in members:
            raise missing(name)
    mac_address = mac_address_of(members["mac_address"])
    content = content_of(members["content"], max_content_bytes)
    return BulkEntry(place, mac_address, content, _revision_of(members.get("if_revision")))


def _revision_of(member: json_members.Member | None) -> int | None:
    if member is None or member.value is None:
        return None
    revision: int = plain_value(int, "a whole number or null", member)
    return revision


def record_of(exported: ExportedConfig, if_revision: int | None = None) -> str:
    """One config as a line that `entry_of` reads back, without the line break."""
    mac_address, text = exported
    # A line break would end the record, and outer space would belong to the record.
    if "\n" in text or "\r" in text or text != text.strip(" \t"):
        text = json.dumps(text, ensure_ascii=False)
    condition = "" if if_revision is None else f', "if_revision": {if_revision}'
    return f'{{"mac_address": "{mac_address}", "content": {text}{condition}}}'
