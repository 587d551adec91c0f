"""The broker is down while operators change thousands of configs, and starts again without its state."""

from __future__ import annotations

from typing import Final

from attrs import evolve, frozen
from tests.support.schema import rows
from tests.support.waiting import wait_until

from faults.checks import (
    acknowledged_are_stored,
    all_are_done,
    announced_never_go_back,
    history_is_gapless,
    level,
    newest_are_announced,
    stored_were_asked_for_once,
)
from faults.figures import times
from faults.fleet import given, store
from faults.generators import Generator
from faults.operators import OperatorLoad
from faults.record import Operation, of
from faults.system import Host, System, compared, growth, newest
from faults.verdicts import Outcome, at_most, held

_ARRIVAL: Final = 60.0
"""Seconds within which the newest revision of each device arrives."""

_WARM_UP: Final = 5
"""The share of changes before the outage, for the comparison of memory."""


@frozen
class Scale:
    changes: int
    devices: int


SHORT: Final = Scale(150, 30)
LONG: Final = Scale(10_000, 2_000)


def run(site: Host, scale: Scale) -> Outcome:
    """Some changes with the broker, many without it, and the time until all are announced."""
    with site.database() as url, System(site.new_directory(), url) as system:
        store(system.client, site.seed, scale.devices)
        load = OperatorLoad(
            port=system.port,
            record=str(system.record_path("before")),
            seed=site.seed,
            writers=20,
            devices=scale.devices,
            writes=scale.changes // _WARM_UP,
        )
        with Generator("operators", load) as operators:
            operators.finish(600)
        system.wait_drained()
        before = system.usage()

        system.recorder.note("fault", "broker down")
        system.broker.stop()
        load = evolve(
            load, record=str(system.record_path("during")), seed=site.seed + 1, writes=scale.changes
        )
        with Generator("operators", load) as operators:
            system.probe("health", "/api/health")
            operators.finish(600)
        system.probe("health", "/api/health")
        during = system.usage()
        ((waiting,),) = rows(url, "SELECT count(*) FROM notifications")
        healed = system.recorder.note("fault", "broker back")
        system.broker.start()
        history = system.history()
        wait_until(
            lambda: not newest_are_announced(_since(system, healed), newest(history)),
            "the newest revisions arrive",
            2 * _ARRIVAL,
        )
        arrived = max(one.begun for one in _since(system, healed))
        system.wait_drained()
        after = system.usage()
        record = system.record()
    writes = of(record, "write")
    return Outcome(
        len(record),
        [
            held(
                "no write fails, and the service stays healthy", all_are_done(of(record, "write", "health"))
            ),
            held(
                "acknowledged = stored, each once, gapless",
                acknowledged_are_stored(record, history),
                stored_were_asked_for_once(record, history, given(site.seed, scale.devices)),
                history_is_gapless(history),
            ),
            held(
                f"the newest of each device arrives within {_ARRIVAL:g} s, none older after newer",
                newest_are_announced(
                    [o for o in record if o.begun >= healed], newest(history), healed + _ARRIVAL
                ),
                announced_never_go_back(record),
            ),
            held(
                "one pending row for each device",
                at_most(float(str(waiting)), scale.devices, "rows that wait"),
            ),
            held(
                "memory is flat",
                level(compared(before, during, lambda one: one.bytes / 1e6), 1.1, 8),
                level(compared(before, after, lambda one: one.bytes / 1e6), 1.1, 8),
            ),
            held("the log has no defect", system.faults_logged()),
        ],
        {
            f"{len(writes)} writes": times(writes),
            f"the newest of {scale.devices} devices after": f"{arrived - healed:.1f} s",
            "memory MB": growth(before, after),
        },
    )


def _since(system: System, moment: float) -> list[Operation]:
    return [one for one in system.record("harness") if one.kind == "received" and one.begun >= moment]
