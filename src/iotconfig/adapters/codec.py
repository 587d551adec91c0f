"""Conversion between domain values and JSON for HTTP, SQL and MQTT, by cattrs converters of our own.

Content is verbatim, so request bodies are structured from `Member`s, which carry
each value's exact text, and answers splice the stored text in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeVar, get_type_hints

from attrs import AttrsInstance, field, fields, frozen
from cattrs import BaseValidationError, Converter
from cattrs.gen import make_dict_unstructure_fn, override

from iotconfig.domain.announcing.service import DeliveryHealth
from iotconfig.domain.assets.asset import AssetName
from iotconfig.domain.configs.bulk import BulkEntry, ExportedConfig
from iotconfig.domain.configs.config import Config, ConfigSummary
from iotconfig.domain.configs.revisions import Revision
from iotconfig.domain.documents import json_members, strict_json
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES, MAX_DEPTH, ConfigContent
from iotconfig.domain.documents.json_members import Member
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import ContentTooLarge, InvalidDocument, IotConfigError
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.offload import Offload, run_inline

T = TypeVar("T", bound=AttrsInstance)
C = TypeVar("C", bound=type)

# A body adds one object around the content.
_BODY_DEPTH: Final = MAX_DEPTH + 1
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
# A record as exports write it; the second group is the content if it is a valid document.
_USUAL_RECORD: Final = re.compile(
    r'\{"mac_address": ?"([0-9a-f:]{17})", ?"content": ?(\{.*\})\}\n?', re.DOTALL
)
_RECORD: Final = ("mac_address", "content")


class RawJson(str):
    """JSON text that is written unchanged."""

    __slots__ = ()


def rfc3339(moment: datetime) -> str:
    """An aware time as RFC 3339 in UTC, to the microsecond, with `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def to_json(value: object) -> str:
    """The JSON text of an entity, of an answer, or of a dictionary of entities, lists and plain values."""
    return _dumps(_answers.unstructure(value))


def summary_of(row: Mapping[Any, Any]) -> ConfigSummary:
    """The summary that a row of plain column values holds."""
    return _rows.structure(row, ConfigSummary)


def answer(cls: C) -> C:
    """Decorate an attrs class that `to_json` writes.

    An underscore at the end of a name is dropped (`from_`); a member whose default is None is left out while it is None.
    """
    _decorated.add(cls)
    return cls


def _answer_writer(cls: type[AttrsInstance]) -> Callable[[object], dict[str, object]]:
    hints = get_type_hints(cls)
    members = [
        (
            attribute.name,
            attribute.name.removesuffix("_"),
            _answers.get_unstructure_hook(hints[attribute.name]),
            attribute.default is None,
        )
        for attribute in fields(cls)
    ]

    def write(content: object) -> dict[str, object]:
        found = {}
        for name, written, hook, may_be_left_out in members:
            value = getattr(content, name)
            if value is not None or not may_be_left_out:
                found[written] = hook(value)
        return found

    return write


def _dumps(value: object) -> str:
    if isinstance(value, RawJson):
        return value
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{json.dumps(name)}: {_dumps(member)}" for name, member in value.items()) + "}"
        )
    # Lists hold no content: the C encoder writes them whole.
    return json.dumps(value, ensure_ascii=False)


def _revision_members(revision: Revision) -> dict[str, object]:
    members: dict[str, object] = _answers.unstructure(revision.summary())
    content = None if revision.content is None else RawJson(revision.content.text)
    return {**members, "content": content}


def _config_members(config: Config) -> dict[str, object]:
    members: dict[str, object] = _answers.unstructure(config.summary())
    times = {name: members.pop(name) for name in ("created_at", "updated_at")}
    return {**members, "content": RawJson(config.content.text), **times}


_decorated: Final[set[type]] = set()
_answers: Final = Converter()
_answers.register_unstructure_hook_factory(
    lambda cls: isinstance(cls, type) and cls in _decorated, _answer_writer
)
_answers.register_unstructure_hook(MacAddress, str)
_answers.register_unstructure_hook(AssetName, str)
_answers.register_unstructure_hook(datetime, rfc3339)
_answers.register_unstructure_hook(RawJson, lambda text: text)
_answers.register_unstructure_hook(Config, _config_members)
_answers.register_unstructure_hook(Revision, _revision_members)
_answers.register_unstructure_hook(
    DeliveryHealth,
    make_dict_unstructure_fn(
        DeliveryHealth,
        _answers,
        more=override(omit_if_default=True),
        problems=override(omit_if_default=True),
    ),
)

_rows: Final = Converter(detailed_validation=False)
_rows.register_structure_hook(MacAddress, lambda canonical, _: MacAddress(canonical))
_rows.register_structure_hook(datetime, lambda moment, _: moment)
for _plain in (int, str, bool):
    _rows.register_structure_hook(_plain, lambda value, _: value)


@frozen
class BodyReader:
    """Reads request bodies into the classes that describe them.

    Strict: members that the class does not have are refused.
    """

    max_content_bytes: int = DEFAULT_MAX_BYTES
    """Maximum UTF-8 bytes of a body's `content`."""
    offload: Offload = field(default=run_inline, eq=False, repr=False)
    """Runs the reading of large bodies."""
    _converter: Converter = field(init=False, repr=False)

    @_converter.default
    def _make_converter(self) -> Converter:
        converter = Converter()
        converter.register_structure_hook(MacAddress, lambda member, _: _mac_address(member))
        converter.register_structure_hook(
            MergePatch, lambda member, _: _merge_patch(member, self.max_content_bytes)
        )
        for plain, expected in ((str, "a string"), (int, "a whole number"), (bool, "a boolean")):
            hook = partial(_plain_value, plain, expected)
            converter.register_structure_hook(plain, lambda member, _, hook=hook: hook(member))
            converter.register_structure_hook(
                plain | None,
                lambda member, _, hook=hook: None if member.value is None else hook(member),
            )
        converter.register_structure_hook(
            ConfigContent, lambda member, _: _content(member, self.max_content_bytes)
        )
        return converter

    @property
    def max_body_bytes(self) -> int:
        """Maximum bytes of a body: an escape needs six bytes for one byte of content."""
        return 6 * self.max_content_bytes + 4096

    def read(self, body: bytes, cls: type[T]) -> T:
        """The instance of `cls` that the JSON object in `body` describes.

        Raises `ContentTooLarge`, `InvalidMacAddress` or `InvalidDocument`, whose
        pointer starts at the body's top.
        """
        return self.offload(lambda: self._read(body, cls), len(body))

    def read_patch(self, body: bytes) -> MergePatch:
        """Read a body that is a merge patch. Raises `InvalidDocument`."""
        return self.offload(lambda: MergePatch.parse(strict_json.decode_utf8(body)), len(body))

    def _read(self, body: bytes, cls: type[T]) -> T:
        names = [attribute.name for attribute in fields(cls)]
        members = json_members.members(strict_json.decode_utf8(body), _BODY_DEPTH, names)
        try:
            return self._converter.structure({member.name: member for member in members}, cls)
        except BaseValidationError as error:
            raise _refusal(error) from None


def entry_of(line: bytes, place: str, max_content_bytes: int = DEFAULT_MAX_BYTES) -> BulkEntry:
    """The entry that one JSON object with `mac_address` and `content` describes. Raises as `BodyReader.read`."""
    text = strict_json.decode_utf8(line)
    if usual := _USUAL_RECORD.fullmatch(text):
        # Fast path; the general path below is a third slower and reports errors.
        try:
            content = ConfigContent.parse(usual[2], max_content_bytes)
            return BulkEntry(place, MacAddress(usual[1]), content)
        except IotConfigError:
            pass
    found = json_members.members(text, _BODY_DEPTH, _RECORD)
    members = {member.name: member for member in found}
    if len(members) < len(_RECORD):
        raise _missing(next(name for name in _RECORD if name not in members))
    mac_address = _mac_address(members["mac_address"])
    return BulkEntry(place, mac_address, _content(members["content"], max_content_bytes))


def record_of(exported: ExportedConfig) -> str:
    """One config as a line that `entry_of` reads back, without the line break."""
    mac_address, text = exported
    # A line break would end the record, and outer space would belong to the record.
    if "\n" in text or "\r" in text or text != text.strip(" \t"):
        text = json.dumps(text, ensure_ascii=False)
    return f'{{"mac_address": "{mac_address}", "content": {text}}}'


def _mac_address(member: Member) -> MacAddress:
    if not isinstance(member.value, str):
        raise _unexpected("a string", member)
    return MacAddress.parse(member.value)


def _plain_value(kind: type, expected: str, member: Member) -> Any:
    value = member.value
    if kind is int and type(value) is float and value.is_integer() and _INTEGER.fullmatch(member.text):
        # Numbers are decoded as floats, which may lose digits.
        return int(member.text)
    if type(value) is not kind:
        raise _unexpected(expected, member)
    return value


def _merge_patch(member: Member, max_bytes: int) -> MergePatch:
    if not isinstance(member.value, dict):
        raise _unexpected("a JSON object", member)
    if len(member.text) > max_bytes:
        raise ContentTooLarge(f"The merge patch is larger than {max_bytes} bytes.", max_bytes=max_bytes)
    try:
        return MergePatch.parse(member.text)
    except InvalidDocument as error:
        raise error.within(f"/{member.name}") from None


def _content(member: Member, max_bytes: int) -> ConfigContent:
    """Content in either form: the object itself, or a string that holds its text."""
    try:
        if isinstance(member.value, dict):
            return ConfigContent.of_decoded(member.text, member.value, max_bytes)
        if isinstance(member.value, str):
            return ConfigContent.parse(member.value, max_bytes)
    except InvalidDocument as error:
        raise error.within(f"/{member.name}") from None
    raise _unexpected("a JSON object, or a string that holds one", member)


def _unexpected(expected: str, member: Member) -> InvalidDocument:
    return InvalidDocument(
        f"expected {expected}, found {strict_json.kind(member.value)}", pointer=f"/{member.name}"
    )


def _refusal(error: BaseValidationError) -> IotConfigError:
    """The first error of a body, for the caller."""
    for cause in error.exceptions:
        if isinstance(cause, IotConfigError):
            return cause
        if isinstance(cause, KeyError):
            return _missing(cause.args[0])
    raise error


def _missing(name: str) -> InvalidDocument:
    return InvalidDocument("this member is required", pointer=f"/{name}")
