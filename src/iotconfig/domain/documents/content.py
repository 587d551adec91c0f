"""The content of a config: kept verbatim, and checked once, when it is received."""

from __future__ import annotations

import hashlib
import json
from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, Self

from attrs import frozen

from iotconfig.domain.arguments import kind_of
from iotconfig.domain.errors import ContentTooLarge, InvalidDocument

from . import strict_json

MAX_DEPTH: Final = 64
"""Maximum depth of nesting; the top object is level 1."""

DEFAULT_MAX_BYTES: Final = 256 * 1024
"""Default size limit, in bytes of UTF-8."""

_MAX_NAME: Final = 255


def etag_of(document: bytes) -> str:
    """The strong validator of a document's bytes (RFC 9110, section 8.8.3), quotes included.

    A digest of the bytes and of nothing else, so that every worker, restart and
    database gives the same one.
    """
    return f'"{hashlib.sha256(document).hexdigest()[:32]}"'


@frozen
class ConfigContent:
    """One JSON object, kept as the operator wrote it, and the fields derived from it.

    Build one with `parse`; the constructor is for adapters that read back what
    `parse` once accepted, and checks nothing.

    `content["wifi"]["ssid"]` is a value of it, `"wifi" in content` whether it has a member, and
    iterating gives the names of its members in their order, as `keys`, `values` and `items` of a dict do. `str(content)` is the text, `bytes(content)`
    its UTF-8. Content without members is true, too. Values are read only: objects are mappings, arrays are tuples; `to_dict` returns a copy to
    change. A number without fraction and exponent is an `int`, any other the nearest `float` (`1.10` is
    `1.1`): `json.loads(str(content), parse_float=Decimal)` has the digits.
    """

    text: str
    """The document's exact characters: key order, spacing, `1.10`, `1E2`, escapes."""
    etag: str
    """The content ETag, quotes included."""
    device_name: str | None
    """`deviceName` of the document, or None where absent or null."""
    device_entity_id: str | None
    """`deviceEntityId` of the document, or None where absent or null."""
    enable_ota: bool | None
    """`enableOTA` of the document, or None where absent or null."""

    @property
    def is_absent(self) -> bool:
        """Whether it stands for the content of a device that has none of its own (`NO_CONTENT`)."""
        return not self.text

    @classmethod
    def parse(cls, document: str | bytes, max_bytes: int = DEFAULT_MAX_BYTES) -> Self:
        """Check a document and keep it verbatim.

        `document`: the text of one JSON object, or its UTF-8 bytes without a
        byte order mark; at most `max_bytes` of UTF-8.

        Raises `ContentTooLarge` above the limit, and `InvalidDocument` with the
        place (a JSON Pointer, or line and column) for: text that is no UTF-8 or
        no JSON; anything but an object at the top; a duplicate member name; a
        number beyond an IEEE 754 double; a lone surrogate or U+0000; nesting
        deeper than 64; `deviceName` or `deviceEntityId` that is neither null
        nor a string of at most 255 characters; `enableOTA` that is neither null
        nor a boolean; and `TypeError` for what is neither str nor bytes.
        """
        text = _decoded(document, max_bytes)
        return cls._of(text, strict_json.decode(text, MAX_DEPTH))

    @classmethod
    def of_decoded(cls, text: str, value: object, max_bytes: int = DEFAULT_MAX_BYTES) -> Self:
        """Check a text that `strict_json` has already decoded with `MAX_DEPTH`; raises as `parse` does."""
        _check_size(text, max_bytes)
        return cls._of(text, value)

    @classmethod
    def stored(cls, text: str, etag: str) -> Self:
        """Read back a content whose derived fields are not stored. It was checked when it was received."""
        value: dict[str, Any] = json.loads(text)
        return cls(text, etag, value.get("deviceName"), value.get("deviceEntityId"), value.get("enableOTA"))

    @classmethod
    def _of(cls, text: str, value: object) -> Self:
        if not isinstance(value, dict):
            raise InvalidDocument(
                f"the content must be a JSON object, not {strict_json.kind(value)}", pointer=""
            )
        return cls(
            text=text,
            etag=etag_of(text.encode()),
            device_name=_optional_name(value, "deviceName"),
            device_entity_id=_optional_name(value, "deviceEntityId"),
            enable_ota=_optional_flag(value, "enableOTA"),
        )

    def merged(self, text: str, given: Mapping[str, object], max_bytes: int = DEFAULT_MAX_BYTES) -> Self:
        """Return the content with this text, which a merge patch has made of this one; raises as `parse` does.

        A merge of two texts that follow the rules breaks only those of size and of derived fields, so `text`
        is not decoded again: for patches of many configs that took nearly all of the time.

        given: the decoded values of the patch's members, those with the names of derived fields at least.
        """
        _check_size(text, max_bytes)
        if text == self.text:
            return self
        before = {
            "deviceName": self.device_name,
            "deviceEntityId": self.device_entity_id,
            "enableOTA": self.enable_ota,
        }
        return self._of(text, {**before, **given})

    def __str__(self) -> str:
        return self.text

    def __bytes__(self) -> bytes:
        return self.text.encode()

    def __getitem__(self, member: str) -> Any:
        """Return the value of a member, read only. Raises `KeyError` where there is none."""
        return self._members[member]

    def __contains__(self, member: object) -> bool:
        return member in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def get(self, member: str, default: Any = None) -> Any:
        """Return the value of a member, read only, or `default` where there is none."""
        return self._members.get(member, default)

    def keys(self) -> KeysView[str]:
        """The names of the members, in their order. With them, `dict(content)` and `{**content, "volume": 3}` work."""
        return self._members.keys()

    def values(self) -> ValuesView[Any]:
        """The values of the members, read only."""
        return self._members.values()

    def items(self) -> ItemsView[str, Any]:
        """The members: names and values, which are read only."""
        return self._members.items()

    def to_dict(self) -> dict[str, Any]:
        """Return a copy of the object in dicts and lists, which may be changed and stored."""
        decoded: dict[str, Any] = json.loads(self.text or "{}")
        return decoded

    @cached_property
    def _members(self) -> Mapping[str, Any]:
        """Decoded at the first use: most contents are stored and served only."""
        members: Mapping[str, Any] = _read_only(self.to_dict())
        return members


def _read_only(value: Any) -> Any:
    """Return a decoded value that cannot be changed; recursion is bounded, since the depth was checked."""
    if isinstance(value, dict):
        return MappingProxyType({name: _read_only(item) for name, item in value.items()})
    if isinstance(value, list):
        return tuple(map(_read_only, value))
    return value


def _decoded(document: str | bytes, max_bytes: int) -> str:
    if isinstance(document, str):
        _check_size(document, max_bytes)
        return document
    if not isinstance(document, bytes):
        raise TypeError(
            "ConfigContent.parse takes JSON text (str or bytes): give a dict to the use cases as it is, "
            f"and write anything else as JSON first, not {kind_of(document)}."
        )
    if len(document) > max_bytes:
        raise _too_large(max_bytes)
    return strict_json.decode_utf8(document)


def is_larger(text: str, max_bytes: int) -> bool:
    """Whether a text takes more than `max_bytes` of UTF-8."""
    # A character takes at most four bytes, so most texts need no encoding to be measured.
    return len(text) > max_bytes or (
        len(text) * 4 > max_bytes and len(text.encode(errors="surrogatepass")) > max_bytes
    )


def _check_size(text: str, max_bytes: int) -> None:
    if is_larger(text, max_bytes):
        raise _too_large(max_bytes)


def _too_large(max_bytes: int) -> ContentTooLarge:
    return ContentTooLarge(f"The content is larger than {max_bytes} bytes.", max_bytes=max_bytes)


def _optional_name(document: dict[str, object], member: str) -> str | None:
    value = document.get(member)
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidDocument(
            f"expected a string or null, found {strict_json.kind(value)}", pointer=f"/{member}"
        )
    if len(value) > _MAX_NAME:
        raise InvalidDocument(f"longer than {_MAX_NAME} characters", pointer=f"/{member}")
    return value


def _optional_flag(document: dict[str, object], member: str) -> bool | None:
    value = document.get(member)
    if value is None or isinstance(value, bool):
        return value
    raise InvalidDocument(
        f"expected a boolean or null, found {strict_json.kind(value)}", pointer=f"/{member}"
    )


NO_CONTENT: Final = ConfigContent("", "", None, None, None)
"""The content of a device that has none of its own, and is served by layers alone. It has no members, and no stored content equals it."""

EMPTY_OBJECT: Final = ConfigContent.parse("{}")
"""What a patch changes where there is no content."""
