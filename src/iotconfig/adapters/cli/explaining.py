"""`iotconfig explain`: where the values of a device's document come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import click
from attrs import evolve

from iotconfig.domain.documents.pointer import path_of

from .counts import counted
from .keys import key_of
from .moments import complete_days, past_moment
from .names import find_device
from .options import config_argument, json_option
from .runtime import Runtime, Services
from .tables import Column
from .terminal import say, say_json, say_table

if TYPE_CHECKING:
    from iotconfig.adapters.codec.document_answers import DeviceDocument, ExplainedMember
    from iotconfig.domain.mac import MacAddress

_COLUMNS: Final = (
    Column("POINTER", text=16),
    Column("VALUE", text=16),
    Column("FROM", text=12),
    Column("REVISION", rank=1),
    # What lower layers write stands below a value on a narrow terminal.
    Column("HIDES", is_below=True),
)
_OWN: Final = "own content"
_REMOVED: Final = "(removed)"


@click.command()
@config_argument
@click.argument("pointer", metavar="[/POINTER]", required=False)
@click.option(
    "--at",
    metavar="TIME",
    callback=past_moment,
    shell_complete=complete_days,
    help="What the device was served at this time, such as yesterday or 2h.",
)
@json_option
@click.pass_obj
def explain(runtime: Runtime, name: str, pointer: str | None, at: datetime | None, as_json: bool) -> None:
    """Show which layer each value of a document comes from.

    HIDES lists what lower layers write at the same place, the highest first.
    /POINTER shows only this value, or the values in this object. The value of
    a secret is never shown: its name stands in its place.

    With --at, the document is composed anew of the revisions of that time, and
    compared with the ETag of that time.
    """
    wanted = path_of(pointer) if pointer else ()
    with runtime.services() as services:
        found = services.explained(_mac_address(services, name), at)
    members, removals = _below(found.members, wanted), _below(found.removals, wanted)
    if wanted and not members and not removals:
        raise click.ClickException(
            f"The document of {found.mac_address} has nothing at {pointer}; "
            f"'iotconfig explain {found.mac_address}' lists its values."
        )
    if as_json:
        say_json(evolve(found, members=members, removals=removals))
        return
    rows = [_row(each, each.value.text) for each in members]
    rows += [_row(each, _REMOVED) for each in removals]
    say_table(_COLUMNS, rows)
    say()
    say(f"{_ending(found, len(members))}, in {runtime.installation}")


def _mac_address(services: Services, name: str) -> MacAddress:
    """The MAC address of a device. It may be deleted now, and have been served something before."""
    from iotconfig.domain.mac import MacAddress

    key = key_of(name)
    return key if isinstance(key, MacAddress) else find_device(services, name)


def _below(found: Sequence[ExplainedMember] | None, wanted: Sequence[str]) -> list[ExplainedMember]:
    """The members at a place and below it. A place in an array gives the array, which is replaced as a whole."""
    return [each for each in found or () if _fits(each, tuple(wanted))]


def _fits(member: ExplainedMember, wanted: tuple[str, ...]) -> bool:
    path = path_of(member.pointer)
    if path[: len(wanted)] == wanted:
        return True
    return wanted[: len(path)] == path and member.value.text.startswith("[")


def _row(member: ExplainedMember, value: str) -> tuple[object, ...]:
    hidden = "; ".join(_hidden(member))
    return member.pointer, value, member.layer or _OWN, member.revision, hidden or None


def _hidden(member: ExplainedMember) -> Iterator[str]:
    for each in member.shadows:
        place = "" if each.pointer == member.pointer else f" at {each.pointer}"
        yield f"{each.value.text}{place} of {each.layer or _OWN} {each.revision}"


def _ending(found: DeviceDocument, shown: int) -> str:
    """The line below the table."""
    layers = counted(len(found.layers), "layer")
    next_ = "" if found.is_served else "; served as soon as the edit of layers has reached the device"
    return (
        f"{counted(shown, 'value')} of document {found.number} of {found.mac_address}, from {layers}{next_}"
    )
