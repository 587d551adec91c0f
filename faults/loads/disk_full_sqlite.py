"""The disk of the SQLite file fills up to the last byte, and then has space again."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from attrs import evolve, frozen
from tests.support.waiting import wait_until

from faults.checks import (
    all_are_done,
    failures_are_honest,
)
from faults.figures import times
from faults.fleet import given, store
from faults.generators import Generator
from faults.invariants import announced_in_order, stored_as_acknowledged
from faults.operators import OperatorLoad
from faults.record import Operation, of
from faults.small_disk import small_disk
from faults.system import Host, System, newest
from faults.verdicts import Outcome, held

_MEGABYTES: Final = 24
_ROOM: Final = 4_000_000
"""Bytes that the writers fill."""
_DEVICES: Final = 20


@frozen
class Scale:
    seconds: float
    """Seconds with the full disk, and with space again."""


SHORT: Final = Scale(0.7)
LONG: Final = Scale(20.0)


def run(site: Host, scale: Scale) -> Outcome:
    """Large writes until the disk is full, and further ones without a free byte, with a reload; then small ones with space."""
    directory = site.new_directory()
    with (
        small_disk(directory / "disk", _MEGABYTES) as disk,
        System(directory, f"sqlite:///{disk.path / 'configs.db'}") as system,
    ):
        store(system.client, site.seed, _DEVICES)
        system.wait_drained()
        disk.fill(_ROOM)
        load = OperatorLoad(
            port=system.port,
            record=str(system.record_path("operators")),
            seed=site.seed,
            writers=8,
            devices=_DEVICES,
            rate=30.0,
            reads=True,
            padding=100_000,
        )
        with Generator("operators", load) as operators:
            wait_until(lambda: any(_is_failed(one) for one in _writes(system)), "a write is refused", 120)
            full = system.recorder.note("fault", "disk full")
            disk.fill()
            time.sleep(scale.seconds)
            system.reload()
            time.sleep(scale.seconds)
            operators.stop()
        disk.free()
        free = system.recorder.note("fault", "disk has room")
        # Small ones, with which the disk does not fill up again.
        load = evolve(load, record=str(system.record_path("afterwards")), seed=site.seed + 1, padding=0)
        with Generator("operators", load) as operators:
            time.sleep(scale.seconds)
            operators.stop()
        system.wait_drained()
        system.wait_healthy()
        history = system.history()
        record = system.record()
        broken = _integrity(disk.path / "configs.db")
    writes = of(record, "write")
    during = [one for one in writes if full <= one.begun and one.ended is not None and one.ended < free]
    afterwards = [one for one in writes if one.begun > free]
    return Outcome(
        len(record),
        [
            held(
                "writes get 503 or 507, and no other status above 499",
                failures_are_honest(writes),
                [] if any(map(_is_failed, during)) else ["no write was refused while the disk was full"],
            ),
            held("reads continue, also during a reload", all_are_done(of(record, "fetch", "health"))),
            held(
                "with space again, all writes are stored without repair",
                all_are_done(afterwards),
                broken,
                [] if afterwards else ["nothing was written afterwards"],
            ),
            stored_as_acknowledged(
                record,
                history,
                given(site.seed, _DEVICES),
                "acknowledged = stored, each once, refused ones never",
            ),
            announced_in_order(record, newest(history)),
            held("the log has no defect", system.faults_logged()),
        ],
        {
            f"{len(writes)} writes": times(writes),
            "refused": ", ".join(
                f"{sum(one.status == status for one in writes)} x {status}" for status in (503, 507)
            ),
        },
    )


def _writes(system: System) -> list[Operation]:
    return of(system.record("operators"), "write") if system.record_path("operators").exists() else []


def _is_failed(write: Operation) -> bool:
    return write.status in (503, 507)


def _integrity(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
