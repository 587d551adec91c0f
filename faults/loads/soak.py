"""Everyday traffic for a long time, with a reload every minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from attrs import frozen

from faults.checks import (
    all_are_done,
    level,
)
from faults.devices import DeviceLoad
from faults.figures import times
from faults.fleet import given, store
from faults.generators import Generator
from faults.invariants import announced_in_order, stored_as_acknowledged
from faults.operators import OperatorLoad
from faults.record import of
from faults.system import Host, System, Usage, compared, growth, newest
from faults.verdicts import Outcome, held

_DEVICES: Final = 200


@frozen
class Scale:
    reloads: int
    every: float
    """Seconds."""
    fetches: float
    """Per second."""
    writes: float
    """Per second."""


SHORT: Final = Scale(2, 0.5, 30.0, 10.0)
LONG: Final = Scale(20, 60.0, 60.0, 10.0)


def run(site: Host, scale: Scale) -> Outcome:
    """Constant fetches and writes on new connections; the resources of each process are recorded before each reload."""
    # Longer than the load with its reloads: the generators are stopped earlier.
    seconds = (scale.reloads + 1) * (scale.every + 15)
    usages: list[dict[str, Usage]] = []
    with site.database() as url, System(site.new_directory(), url) as system:
        store(system.client, site.seed, _DEVICES)
        shift = OperatorLoad(
            port=system.port,
            record=str(system.record_path("operators")),
            seed=site.seed,
            writers=10,
            devices=_DEVICES,
            rate=scale.writes,
            reads=True,
        )
        storm = DeviceLoad(
            port=system.port,
            record=str(system.record_path("devices")),
            seed=site.seed,
            devices=_DEVICES,
            fetches=int(seconds * scale.fetches),
            seconds=seconds,
        )
        with Generator("operators", shift) as operators, Generator("devices", storm) as devices:
            for _ in range(scale.reloads):
                time.sleep(scale.every)
                usages.append(system.usage())
                system.probe("health", "/api/health")
                system.reload()
            time.sleep(scale.every)
            usages.append(system.usage())
            operators.stop()
            devices.stop()
        system.wait_drained()
        history = system.history()
        record = system.record()
        left = system.left_behind()
    asked = of(record, "write", "fetch")
    # The first ones are of workers that started with the service; all later ones of reloads.
    first, last = usages[1], usages[-1]

    def is_level(of_usage: Callable[[Usage], float], factor: float, slack: float) -> list[str]:
        return level(compared(first, last, of_usage), factor, slack)

    return Outcome(
        len(record),
        [
            held(
                "no request on a new connection fails", all_are_done(of(record, "write", "fetch", "health"))
            ),
            held("memory is level", is_level(lambda one: one.bytes / 1e6, 1.1, 8)),
            held(
                "file descriptors and threads are constant",
                is_level(lambda one: one.descriptors, 1, 10),
                is_level(lambda one: one.threads, 1, 3),
            ),
            stored_as_acknowledged(record, history, given(site.seed, _DEVICES)),
            announced_in_order(record, newest(history)),
            held("no temporary file is left", left),
            held("the log has no defect", system.faults_logged()),
        ],
        {
            f"{len(asked)} requests, {scale.reloads} reloads": times(asked),
            "memory MB": growth(first, last),
            "descriptors": ", ".join(
                f"{name} {a:g}→{b:g}"
                for name, (a, b) in compared(first, last, lambda one: one.descriptors).items()
            ),
            "threads": ", ".join(
                f"{name} {a:g}→{b:g}"
                for name, (a, b) in compared(first, last, lambda one: one.threads).items()
            ),
        },
    )
