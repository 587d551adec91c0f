"""The configs that a bulk write changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeVar

from attrs import field, frozen

from iotconfig.domain.arguments import check_flag, check_kind, check_whole_number, kind_of
from iotconfig.domain.documents.member_value import MemberValue, has_values
from iotconfig.domain.errors import NothingSelected, UnexpectedCount, ValidationFailed
from iotconfig.domain.mac import MacAddress, in_order, mac_address_of
from iotconfig.domain.text import is_storable

from .config import Config
from .labels import ANY_TAGS, TagFilter
from .query import check_ota, check_text, has_text, tag_filter_of

T = TypeVar("T")

_NEEDS_ONE: Final = "Select configs by MAC addresses, names of devices, text, enable_ota, tags or values of members; or all of them."


def _listed(given: Iterable[T], way: str) -> tuple[T, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"{way}, not {kind_of(given)}.")
    return tuple(given)


def _mac_addresses(given: Iterable[MacAddress | str] | None) -> tuple[MacAddress, ...] | None:
    if given is None:
        return None
    listed = _listed(given, "The MAC addresses of a selection are a list")
    return tuple(in_order(set(map(mac_address_of, listed))))


def _device_names(given: Iterable[str] | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    names = _listed(given, "The names of devices of a selection are a list")
    for name in names:
        check_kind(name, str, "The name of a device is a str")
        if not is_storable(name):
            raise ValidationFailed("The name of a device contains a NUL, or a lone surrogate.")
    return tuple(dict.fromkeys(names))


def _conditions(given: Iterable[MemberValue]) -> tuple[MemberValue, ...]:
    conditions = _listed(given, "The conditions of a selection are a list")
    for condition in conditions:
        check_kind(condition, MemberValue, 'A condition is a MemberValue, such as MemberValue("/gain", "2")')
    return conditions


def _check_expect(_selection: object, _attribute: object, expect: int | None) -> None:
    if expect is None:
        return
    check_whole_number(expect, "The number of configs that a selection expects is an int")
    if expect < 0:
        raise ValidationFailed("The number of configs that a selection expects is 0 or more.")


@frozen
class Selection:
    """The configs that a bulk write changes: those that are named here, or all, where they meet all conditions.

    Configs are named by MAC addresses and by names of devices; one of these is enough. Named configs that do
    not exist are refused one by one, as entries are. `text`, `enable_ota`, `tags` and `where` are conditions.

    Raises `ValidationFailed` where neither a name nor a condition is given, unless `everything` says so;
    and `InvalidMacAddress`.
    """

    mac_addresses: tuple[MacAddress, ...] | None = field(default=None, converter=_mac_addresses)
    """The configs of these devices, given as `MacAddress` or text; an empty list selects none."""
    device_names: tuple[str, ...] | None = field(default=None, converter=_device_names)
    """The configs with one of these device names, which are compared exactly; an empty list selects none."""
    text: str | None = field(default=None, validator=check_text)
    """Substring, as in `ConfigQuery`; not empty."""
    enable_ota: bool | None = field(default=None, validator=check_ota)
    """Only configs whose `enable_ota` is this."""
    where: tuple[MemberValue, ...] = field(default=(), converter=_conditions)
    """Only configs whose content has all of these values."""
    tags: TagFilter = field(default=ANY_TAGS, converter=tag_filter_of)
    """Only configs with these tags; given as `TagFilter`, or as its words."""
    everything: bool = field(default=False, validator=check_flag)
    """All configs."""
    expect: int | None = field(default=None, validator=_check_expect)
    """Write only if exactly this number of configs is selected, which is checked under the lock of the write."""
    allow_empty: bool = field(default=False, validator=check_flag)
    """Whether a write that selects nothing succeeds."""
    _named: frozenset[object] = field(init=False, eq=False, repr=False)
    """The MAC addresses and the device names."""

    @_named.default
    def _make_named(self) -> frozenset[object]:
        return frozenset((*(self.mac_addresses or ()), *(self.device_names or ())))

    def __attrs_post_init__(self) -> None:
        if self.text == "":
            raise ValidationFailed("The search text is empty, and would select all configs.")
        has_conditions = self.text is not None or self.enable_ota is not None or bool(self.where or self.tags)
        if self.everything and (self.has_names or has_conditions):
            raise ValidationFailed("everything selects all configs: leave out names and conditions.")
        if not (self.everything or self.has_names or has_conditions):
            raise ValidationFailed(_NEEDS_ONE)

    @property
    def has_names(self) -> bool:
        """Whether it names configs, be it none."""
        return self.mac_addresses is not None or self.device_names is not None

    def is_candidate(self, config: Config) -> bool:
        """Whether `BulkWrite.select` selects this config: it is named or, if none is named, is as a list finds it."""
        return self._is_named(config) if self.has_names else self._is_found(config)

    def takes(self, config: Config) -> bool:
        """Whether the config is named and meets all conditions. Conditions of content take a pass over its text."""
        return (
            (not self.has_names or self._is_named(config))
            and self._is_found(config)
            and (not self.where or (config.has_content and has_values(config.content.text, self.where)))
        )

    def check_count(self, count: int) -> None:
        """Raise `UnexpectedCount` or `NothingSelected` unless this many configs may be selected."""
        if self.expect is not None and count != self.expect:
            raise UnexpectedCount(count, self.expect)
        if count == 0 and self.expect is None and not self.allow_empty:
            raise NothingSelected

    def _is_named(self, config: Config) -> bool:
        return config.mac_address in self._named or config.device_name in self._named

    def _is_found(self, config: Config) -> bool:
        if self.enable_ota is not None and config.enable_ota is not self.enable_ota:
            return False
        if not self.tags.takes(config.labels.tags):
            return False
        return self.text is None or has_text(
            self.text, config.mac_address, config.device_name, config.device_entity_id
        )


def check_selection(selection: object) -> None:
    """Raise `TypeError` unless it is a `Selection`."""
    check_kind(selection, Selection, 'A selection is a Selection, such as Selection(text="lamp")')
