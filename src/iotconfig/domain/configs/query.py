"""Lists of configs: what to select, and the page that comes back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from attrs import field, frozen
from attrs.validators import optional

from iotconfig.domain.arguments import check_flag, check_kind
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.mac import MacAddress, optional_mac_address
from iotconfig.domain.paging import MAX_PAGE, check_limit
from iotconfig.domain.text import is_storable

from .config import ConfigSummary
from .labels import ANY_TAGS, TagFilter, check_new_model

MAX_SEARCH: Final = 255
"""Maximum length of a search text: searched fields are not longer."""

_SEPARATOR: Final = "\x1f"
# A searched field cannot hold the separator, so no match crosses two fields.
_STAND_IN: Final = "\x1e"


def fold(text: str) -> str:
    """Return `text` as searches compare it: case-folded, also beyond ASCII.

    The domain folds, because databases differ: SQLite folds ASCII only.
    """
    # Equivalent for ASCII, in a tenth of the time.
    folded = text.lower() if text.isascii() else unicodedata.normalize("NFC", text.casefold())
    return folded.replace(_SEPARATOR, _STAND_IN)


def search_text(mac_address: MacAddress, device_name: str | None, device_entity_id: str | None) -> str:
    """Return the folded text of one config that a search compares with."""
    return _SEPARATOR.join((mac_address.canonical, fold(device_name or ""), fold(device_entity_id or "")))


_MAC_DIGITS: Final = 12
_HEX: Final = frozenset("0123456789abcdef")
_MAC_SEPARATORS: Final = frozenset(":-.")


def mac_fragments(text: str) -> tuple[str, ...]:
    """Return the parts of a canonical MAC address that `text`, in any spelling, can be.

    A MAC address matches `text` if its canonical spelling contains one of them. Digits without
    separators may begin in the middle of an octet, so they have two parts (`bcc`: `b:cc` and `bc:c`); a
    colon, dash or dot is always between two octets. Empty if `text` cannot be a part of a MAC
    address, for example because it mixes separators.
    """
    part = text.strip(" ").lower()
    separators = _MAC_SEPARATORS.intersection(part)
    if len(separators) > 1 or not _HEX.union(separators).issuperset(part):
        return ()
    groups = re.split("[:.-]", part)
    digits = "".join(groups)
    if not 1 <= len(digits) <= _MAC_DIGITS:
        return ()
    if not separators:
        return tuple(dict.fromkeys((_in_octets(digits, 0), _in_octets(digits, 1))))
    if any(not group or len(group) % 2 for group in groups[1:-1]):
        return ()
    # A separator at an end says that an octet ends there, too.
    before, behind = (":" if not group else "" for group in (groups[0], groups[-1]))
    return (before + _in_octets(digits, len(groups[0]) % 2) + behind,)


def _in_octets(digits: str, first: int) -> str:
    """The digits with colons between octets, of which the first has its last `first` digits only (0: it is whole)."""
    octets = [digits[:first], *(digits[i : i + 2] for i in range(first, len(digits), 2))]
    return ":".join(octet for octet in octets if octet)


def has_text(
    text: str, mac_address: MacAddress, device_name: str | None, device_entity_id: str | None
) -> bool:
    """Whether a search for `text` finds a config with these fields; for stores without an index."""
    if fold(text) in search_text(mac_address, device_name, device_entity_id):
        return True
    return any(fragment in mac_address.canonical for fragment in mac_fragments(text))


def check_text(_filter: object, _attribute: object, text: str | None) -> None:
    """Raise `TypeError` or `ValidationFailed` unless an attribute is the text of a search, or None."""
    if text is None:
        return
    check_kind(text, str, "The text of a search is a str")
    if not is_storable(text):
        raise ValidationFailed("The search text contains a NUL, or a lone surrogate.", parameter="q")
    if len(text) > MAX_SEARCH:
        raise ValidationFailed(f"The search text is longer than {MAX_SEARCH} characters.", parameter="q")


def check_ota(_filter: object, _attribute: object, value: bool | None) -> None:  # noqa: FBT001 (attrs calls it)
    """Raise `TypeError` unless an attribute is True, False or None."""
    if value is not None:
        check_kind(value, bool, "enable_ota is True, False, or None for all")


def _check_with_content(_query: object, _attribute: object, value: bool | None) -> None:  # noqa: FBT001 (attrs calls it)
    if value is not None:
        check_kind(value, bool, "with_content is True, False, or None for all")


def tag_filter_of(given: TagFilter | Iterable[str]) -> TagFilter:
    """Return the filter, given as `TagFilter` or as its words."""
    return given if isinstance(given, TagFilter) else TagFilter.of(given)


@frozen
class ConfigQuery:
    """A filter of configs, and a page of the result; pages are sorted by MAC address."""

    text: str | None = field(default=None, validator=check_text)
    """Substring of device name or entity id, taken literally, or of the MAC address in any spelling; any case."""
    enable_ota: bool | None = field(default=None, validator=check_ota)
    """Only configs whose `enable_ota` is this; None for all."""
    after: MacAddress | None = field(default=None, converter=optional_mac_address)
    """Only configs after this MAC address (or its text): the `next` of the previous page."""
    limit: int = field(default=MAX_PAGE, validator=check_limit)
    """Configs on the page, 1 to 1000."""
    count: bool = field(default=True, validator=check_flag)
    """Whether to count the matches of all pages, which takes a scan."""
    tags: TagFilter = field(default=ANY_TAGS, converter=tag_filter_of)
    """Only configs with these tags; given as `TagFilter`, or as its words, such as `["floor-3", "!old"]`."""
    model: str | None = field(default=None, validator=optional(check_new_model))
    """Only configs of devices of this model; None for all."""
    with_content: bool | None = field(default=None, validator=_check_with_content)
    """True: only devices with content of their own; False: only those that layers alone serve; None for all."""


def check_query(query: object) -> None:
    """Raise `TypeError` unless `query` is a `ConfigQuery`."""
    check_kind(query, ConfigQuery, 'A query is a ConfigQuery, such as ConfigQuery(text="lamp")')


@frozen
class ConfigPage:
    """One page of a list; iterating gives its configs."""

    configs: tuple[ConfigSummary, ...]
    """Sorted by MAC address."""
    count: int | None
    """All matches over all pages; None where the query asked for no count."""
    next: MacAddress | None
    """The `after` of the next page; None on the last."""

    def __iter__(self) -> Iterator[ConfigSummary]:
        return iter(self.configs)
