"""`iotconfig device`: one device, with its evidence, and how what it runs differs from what it is to run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click
from attrs import frozen

from iotconfig.domain.errors import RecordGone, RecordNotFound
from iotconfig.domain.paging import MAX_PAGE

from .counts import counted
from .device_options import readings
from .diffs import echo_diff
from .names import find_device, find_served
from .options import config_argument, json_option
from .runtime import Runtime, Services
from .tables import Column, moment, printable
from .terminal import say, say_json, say_table

if TYPE_CHECKING:
    from iotconfig.adapters.diff import Difference
    from iotconfig.domain.configs.config import Config
    from iotconfig.domain.configs.revisions import Revision
    from iotconfig.domain.devices.evidence import Evidence
    from iotconfig.domain.devices.past import StateChange
    from iotconfig.domain.devices.status import DeviceStatus

_COLUMNS: Final = (
    Column("EVIDENCE"),
    Column("DOCUMENT", text=10),
    Column("TIME"),
    Column("PROOF", rank=1),
    Column("FROM", rank=3, text=15),
    Column("FIRMWARE", rank=2, text=8),
)
_COLUMNS_OF_PAST: Final = (
    Column("TIME"),
    Column("STATE"),
    Column("WANTED"),
    Column("BY"),
    Column("POINTER", rank=2, text=8),
    Column("REASON", rank=1, text=10),
    Column("FIRMWARE", rank=3, text=8),
)


@frozen
class _Compared:
    """How what a device runs differs from what it is to run."""

    difference: Difference | None
    """None where it cannot be told."""
    sentence: str
    """What there is to say of it; empty where the difference says it."""


@click.command()
@config_argument
@click.option(
    "--history", "with_past", is_flag=True, help="Show how its state changed, the newest first, instead."
)
@json_option
@click.pass_obj
def device(runtime: Runtime, name: str, with_past: bool, as_json: bool) -> None:
    """Show what one device runs, and how it is known.

    Prints the state of the device in one sentence, the newest evidence of each
    kind, and the difference between the document that it runs and the one
    that it is to run.
    """
    if with_past:
        _show_past(runtime, name, as_json)
        return
    with runtime.services() as services:
        mac_address, config = find_served(services, name)
        found = readings(services).get(mac_address)
        if found is None:
            # It was deleted since.
            raise RecordNotFound(mac_address, what="Device")
        compared = _compared(services, config, found)
    if as_json:
        from iotconfig.adapters.codec.device_answers import Device

        shown = Device.with_evidence(found)
        say_json({"device": shown, "difference": compared.difference, "note": compared.sentence or None})
        return
    _echo(runtime, found)
    say()
    if compared.difference is None:
        say(compared.sentence)
    else:
        echo_diff(compared.difference.unified_diff)


def _show_past(runtime: Runtime, name: str, as_json: bool) -> None:
    from iotconfig.domain.devices.past import PastQuery

    with runtime.services() as services:
        mac_address = find_device(services, name)
        page = readings(services).past(PastQuery(mac_address, limit=MAX_PAGE))
    if as_json:
        from iotconfig.adapters.codec.device_answers import DevicePast

        say_json(DevicePast.of(page))
        return
    say_table(_COLUMNS_OF_PAST, list(map(_row_of_past, page.changes)))
    say()
    say(f"{counted(len(page.changes), 'change')} of the state of {mac_address}, in {runtime.installation}")


def _row_of_past(change: StateChange) -> tuple[object, ...]:
    by = change.evidence
    return (
        moment(change.at),
        None if change.state is None else change.state.value,
        change.wanted,
        "document" if by is None else by.kind.value,
        None if by is None else by.pointer,
        None if by is None else by.reason,
        None if by is None else by.firmware,
    )


def _echo(runtime: Runtime, found: DeviceStatus) -> None:
    say(printable(found.why))
    say()
    rows = [
        ("MAC address", found.mac_address),
        ("device name", found.device_name),
        ("state", found.state.value),
        ("overdue", found.overdue),
        ("runs", "unknown" if found.held is None else found.held),
        ("is to run", found.wanted),
        ("last seen", "never" if found.last_seen is None else moment(found.last_seen)),
        ("firmware", found.firmware),
        ("stored in", runtime.installation),
    ]
    if found.online is not None:
        rows.append(("online", found.online))
    if found.tags:
        rows.append(("tags", " ".join(found.tags)))
    if found.note is not None:
        rows.append(("note", found.note))
    if found.model is not None:
        rows.append(("model", found.model))
    for label, value in rows:
        say(f"{label:12}  {printable(value)}")
    if found.evidence:
        say()
        say_table(_COLUMNS, list(map(_row, found.evidence)))


def _row(evidence: Evidence) -> tuple[object, ...]:
    from iotconfig.domain.devices.evidence import Proof

    number = evidence.etag if evidence.etag_number is None else evidence.etag_number
    proof = None if evidence.proof is Proof.NONE else evidence.proof.value
    return (
        evidence.kind.value,
        number,
        moment(evidence.received_at),
        proof,
        evidence.source or None,
        evidence.firmware,
    )


def _compared(services: Services, config: Config | None, found: DeviceStatus) -> _Compared:
    from iotconfig.domain.devices.state import State, runs

    running = runs({each.kind: each for each in found.evidence})
    if running is None:
        return _Compared(None, "What it runs is unknown: it has not said so.")
    is_wanted = found.state is State.IN_SYNC if config is None else running.etag == config.document_etag
    if is_wanted:
        if found.state is State.REJECTED:
            return _Compared(None, "It names the document that it is to run as its own, and refused it.")
        return _Compared(None, "It runs the document that it is to run.")
    if config is None:
        return _Compared(None, "Layers alone serve it, so there are no contents to compare.")
    is_composed = config.document_etag != config.content.etag
    held = _revision_with(services, config, running)
    if held is None:
        if found.held is None:
            sentence = f"It runs a document that is not among the last {MAX_PAGE} of its config"
        elif is_composed:
            way_out = (
                f"'iotconfig explain {config.mac_address} --at TIME' shows what it was served at a time."
            )
            return _Compared(
                None, f"It runs document {found.held}, which layers or secrets took part in: {way_out}"
            )
        else:
            sentence = f"It runs document {found.held}, which the history no longer has"
        return _Compared(None, f"{sentence}: what differs cannot be shown.")
    from iotconfig.adapters.diff import difference

    name, wanted, number = f"{config.mac_address}.json", config.content, f"revision {config.revision}"
    if is_composed:
        document = services.explained(config.mac_address)
        wanted, number = document.document, f"document {document.number}"
    return _Compared(
        difference(held.content, wanted, f"{name} revision {held.revision}", f"{name} {number}"), ""
    )


def _revision_with(services: Services, config: Config, running: Evidence) -> Revision | None:
    """The newest revision of the config with the document that a device runs; None where it was pruned, or never there."""
    from iotconfig.domain.configs.revisions import HistoryQuery

    page = services.history.revisions(HistoryQuery(config.id, limit=MAX_PAGE))
    number = next((each.revision for each in page.revisions if each.etag == running.etag), None)
    if number is None:
        number = running.etag_number
    if number is None:
        return None
    try:
        found = services.history.revision(config.id, number)
    except (RecordNotFound, RecordGone):
        return None
    return found if found.content is not None and found.content.etag == running.etag else None
