"""One spelling of the domain for HTTP, SQL and MQTT: cattrs converters of our own.

Content is verbatim, so request bodies are structured from `Member`s, which carry
each value's exact text, and answers splice the stored text in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from attrs import AttrsInstance, field, fields, frozen
from cattrs import BaseValidationError, Converter

from iotconfig.domain import json_text
from iotconfig.domain.config import Config, ConfigSummary
from iotconfig.domain.content import DEFAULT_MAX_BYTES, MAX_DEPTH, ConfigContent
from iotconfig.domain.errors import InvalidDocument, IotConfigError
from iotconfig.domain.json_text import Member
from iotconfig.domain.mac import MacAddress

T = TypeVar("T", bound=AttrsInstance)

# What a body adds around the content is one object.
_BODY_DEPTH: Final = MAX_DEPTH + 1


class RawJson(str):
    """JSON text that goes out exactly as it is."""

    __slots__ = ()


def rfc3339(moment: datetime) -> str:
    """An aware time as RFC 3339 in UTC, to the microsecond, with `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def to_json(value: object) -> str:
    """The JSON text of an entity, or of a dictionary of entities, lists of summaries and plain values."""
    return _dumps(_answers.unstructure(value))


def summary_of(row: Mapping[Any, Any]) -> ConfigSummary:
    """The summary that a row of plain column values holds."""
    return _rows.structure(row, ConfigSummary)


def _dumps(value: object) -> str:
    if isinstance(value, RawJson):
        return value
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{json.dumps(name)}: {_dumps(member)}" for name, member in value.items()) + "}"
        )
    # Lists hold summaries, and no content: the C encoder takes them whole.
    return json.dumps(value, ensure_ascii=False)


def _config_members(config: Config) -> dict[str, object]:
    members: dict[str, object] = _answers.unstructure(config.summary())
    times = {name: members.pop(name) for name in ("created_at", "updated_at")}
    return {**members, "content": RawJson(config.content.text), **times}


_answers: Final = Converter()
_answers.register_unstructure_hook(MacAddress, str)
_answers.register_unstructure_hook(datetime, rfc3339)
_answers.register_unstructure_hook(RawJson, lambda text: text)
_answers.register_unstructure_hook(Config, _config_members)

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
    """UTF-8 bytes that a body's `content` may have."""
    _converter: Converter = field(init=False, repr=False)

    @_converter.default
    def _make_converter(self) -> Converter:
        converter = Converter()
        converter.register_structure_hook(MacAddress, lambda member, _: _mac_address(member))
        converter.register_structure_hook(
            ConfigContent, lambda member, _: _content(member, self.max_content_bytes)
        )
        return converter

    @property
    def max_body_bytes(self) -> int:
        """Bytes that a body may have: an escape spells one byte of content with six."""
        return 6 * self.max_content_bytes + 4096

    def read(self, body: bytes, cls: type[T]) -> T:
        """The instance of `cls` that the JSON object in `body` describes.

        Raises `ContentTooLarge`, `InvalidMacAddress` or `InvalidDocument`, whose
        pointer starts at the body's top.
        """
        names = [attribute.name for attribute in fields(cls)]
        members = json_text.members(json_text.decode_utf8(body), _BODY_DEPTH, names)
        try:
            return self._converter.structure({member.name: member for member in members}, cls)
        except BaseValidationError as error:
            raise _refusal(error) from None


def _mac_address(member: Member) -> MacAddress:
    if not isinstance(member.value, str):
        raise _unexpected("a string", member)
    return MacAddress.parse(member.value)


def _content(member: Member, max_bytes: int) -> ConfigContent:
    """Content in either form: the object itself, or a string that holds its text."""
    if isinstance(member.value, dict):
        text = member.text
    elif isinstance(member.value, str):
        text = member.value
    else:
        raise _unexpected("a JSON object, or a string that holds one", member)
    try:
        return ConfigContent.parse(text, max_bytes)
    except InvalidDocument as error:
        raise error.within(f"/{member.name}") from None


def _unexpected(expected: str, member: Member) -> InvalidDocument:
    return InvalidDocument(
        f"expected {expected}, found {json_text.kind(member.value)}", pointer=f"/{member.name}"
    )


def _refusal(error: BaseValidationError) -> IotConfigError:
    """The first thing that is wrong, as the one sentence that the caller gets."""
    for cause in error.exceptions:
        if isinstance(cause, IotConfigError):
            return cause
        if isinstance(cause, KeyError):
            return InvalidDocument("this member is required", pointer=f"/{cause.args[0]}")
    raise error
