"""The options that select configs for a change of many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from attrs import frozen

from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.documents.line_ends import without_mark
from iotconfig.domain.documents.member_value import MemberValue
from iotconfig.domain.documents.pointer import pointer
from iotconfig.domain.documents.strict_json import decode_utf8
from iotconfig.domain.errors import InvalidDocument, InvalidMacAddress
from iotconfig.domain.mac import MacAddress

from .merge_patches import assigned, steps_of
from .options import WholeNumber
from .streams import STANDARD_STREAM, standard_input, whole

F = TypeVar("F", bound=Callable[..., Any])

_CONDITIONS: Final = (
    click.option(
        "--mac", "mac_addresses", metavar="MAC", multiple=True, help="The config of this device; repeatable."
    ),
    click.option(
        "--name",
        "device_names",
        metavar="NAME",
        multiple=True,
        help="Configs with exactly this device name; repeatable.",
    ),
    click.option(
        "--from-file",
        metavar="FILENAME",
        help="The devices of a file: MAC addresses, one a line; - is standard input.",
    ),
    click.option(
        "--where",
        metavar="POINTER=VALUE",
        multiple=True,
        help="Only configs whose content has this value: --where /mqtt/host=old. VALUE as with --set; repeatable.",
    ),
    click.option(
        "--match",
        metavar="TEXT",
        help="Only configs with TEXT in the MAC address (any spelling), device name or entity id.",
    ),
    click.option(
        "--ota/--no-ota", default=None, help="Only configs with over-the-air updates switched on, or off."
    ),
    click.option(
        "--tag",
        "tags",
        metavar="TAG",
        multiple=True,
        help="Only configs with this tag, or with !TAG without it; repeatable.",
    ),
)
_ALL: Final = click.option("--all", "everything", is_flag=True, help="All configs.")
_COUNTS: Final = (
    click.option(
        "--expect",
        type=WholeNumber(min=0),
        metavar="N",
        help="Refuse unless exactly N configs are selected.",
    ),
    click.option("--allow-empty", is_flag=True, help="Succeed if no config is selected."),
)


@frozen(kw_only=True)
class SelectionOptions:
    """The values of the options."""

    mac_addresses: Sequence[str]
    device_names: Sequence[str]
    from_file: str | None
    where: Sequence[str]
    match: str | None
    ota: bool | None
    tags: Sequence[str]
    everything: bool
    expect: int | None
    allow_empty: bool

    @property
    def is_given(self) -> bool:
        """Whether an option selects configs."""
        return self.everything or self._has_addresses or bool(self.device_names) or self._is_filter

    @property
    def _has_addresses(self) -> bool:
        return bool(self.mac_addresses) or self.from_file is not None

    @property
    def _is_filter(self) -> bool:
        return self.match is not None or self.ota is not None or bool(self.where or self.tags)

    @property
    def is_broad(self) -> bool:
        """Whether they may select more configs than the user thinks of."""
        return self.everything or self.match is not None or self.ota is not None or bool(self.tags)

    @property
    def reads_standard_input(self) -> bool:
        """Whether `selection` reads all of standard input."""
        return self.from_file == STANDARD_STREAM

    def selection(self) -> Selection:
        """The selection.

        Raises `UsageError`, `ClickException`, `InvalidMacAddress`, `ValidationFailed`, `ContentTooLarge`, and `OSError` of the file.
        """
        if self.everything == (self._has_addresses or bool(self.device_names) or self._is_filter):
            raise click.UsageError(
                "Select configs with --mac, --name, --from-file, --where, --match, --ota, --no-ota or --tag; or give --all."
            )
        if "" in self.device_names:
            raise click.UsageError(
                "--name is empty. --where /deviceName= selects configs with an empty name."
            )
        return Selection(
            mac_addresses=[*self.mac_addresses, *_listed_in(self.from_file)] if self._has_addresses else None,
            device_names=self.device_names or None,
            text=self.match,
            enable_ota=self.ota,
            tags=self.tags,
            where=[_condition(text) for text in self.where],
            everything=self.everything,
            expect=self.expect,
            allow_empty=self.allow_empty,
        )


def selection_options(function: F) -> F:
    """The options of `SelectionOptions`."""
    return _with(function, *_CONDITIONS, _ALL, *_COUNTS)


def condition_options(function: F) -> F:
    """As `selection_options`, without `--all`."""
    return _with(function, *_CONDITIONS, *_COUNTS)


def _with(function: F, *options: Callable[[F], F]) -> F:
    for option in reversed(options):
        function = option(function)
    return function


def _listed_in(name: str | None) -> Iterator[MacAddress]:
    """The MAC addresses of a file, without empty lines and those that begin with #; none without a file.

    Raises `ContentTooLarge`.
    """
    if name is None:
        return
    is_standard = name == STANDARD_STREAM
    place = "standard input" if is_standard else name
    with nullcontext(standard_input()) if is_standard else Path(name).open("rb") as file:
        text = whole(file, place)
    try:
        lines = decode_utf8(without_mark(text)).splitlines()
    except InvalidDocument as error:
        raise click.ClickException(f"{place}: {error}") from None
    for number, line in enumerate(map(str.strip, lines), 1):
        if line and not line.startswith("#"):
            try:
                yield MacAddress.parse(line)
            except InvalidMacAddress as error:
                raise click.ClickException(f"{place}, line {number}: {error}") from None


def _condition(text: str) -> MemberValue:
    path, value = assigned(text, "--where")
    return MemberValue(pointer(steps_of(path)), value)
