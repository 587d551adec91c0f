"""PostgreSQL is restarted again and again during writes: alternately with a fast stop and with a crash."""

from __future__ import annotations

import time
from typing import Final

from attrs import frozen

from faults.checks import (
    acknowledged_are_stored,
    all_are_answered,
    failures_are_honest,
    history_is_gapless,
    reads_are_not_stale,
    recovered_within,
    stored_were_asked_for_once,
)
from faults.figures import first_success, last_failure, times
from faults.fleet import given, store
from faults.generators import Generator
from faults.invariants import announced_in_order
from faults.operators import OperatorLoad
from faults.record import of
from faults.system import Host, System, growth, newest
from faults.verdicts import Outcome, held, in_time, same_processes

_RECOVERY: Final = 5.0


@frozen
class Scale:
    restarts: int
    every: float
    """Seconds."""
    rate: float = 100.0
    devices: int = 200


SHORT: Final = Scale(2, 0.7, rate=50.0, devices=50)
LONG: Final = Scale(6, 10.0)


def run(site: Host, scale: Scale) -> Outcome:
    """Writes at a steady rate, each with a fetch of its document."""
    broken: list[float] = []
    healed: list[float] = []
    with site.database() as url, System(site.new_directory(), url) as system:
        store(system.client, site.seed, scale.devices)
        before, pids = system.usage(), system.serve.pids()
        load = OperatorLoad(
            port=system.port,
            record=str(system.record_path("operators")),
            seed=site.seed,
            writers=40,
            devices=scale.devices,
            rate=scale.rate,
            reads=True,
        )
        with Generator("operators", load) as operators:
            for restart in range(scale.restarts):
                time.sleep(scale.every)
                broken.append(system.recorder.note("fault", "PostgreSQL stops"))
                site.postgres.stop("fast" if restart % 2 else "immediate")
                site.postgres.start()
                healed.append(system.recorder.note("fault", "PostgreSQL is back"))
            time.sleep(scale.every)
            operators.stop()
        system.wait_healthy()
        system.wait_drained()
        after, pids_after = system.usage(), system.serve.pids()
        history = system.history()
        record = system.record()
    asked = of(record, "write", "fetch")
    writes = of(record, "write")
    ends = [*broken[1:], float("inf")]
    return Outcome(
        len(record),
        [
            held(
                "acknowledged = stored, each once",
                acknowledged_are_stored(record, history),
                stored_were_asked_for_once(record, history, given(site.seed, scale.devices)),
            ),
            held(
                "histories have no gaps, no read returns an older revision",
                history_is_gapless(history),
                reads_are_not_stale(record, history),
            ),
            held(
                "all are answered, 5xx is 503 with Retry-After",
                all_are_answered(record),
                failures_are_honest(record),
            ),
            announced_in_order(record, newest(history)),
            held("the same processes serve", same_processes(pids, pids_after)),
            in_time(f"recovery under {_RECOVERY:g} s", recovered_within(asked, healed, broken, _RECOVERY)),
            held("the log has no defect", system.faults_logged()),
        ],
        {
            f"{len(writes)} writes": times(writes),
            "answered 503": str(sum(one.status == 503 for one in asked)),
            "first success, last failure after a restart": ", ".join(
                f"{first_success(writes, at):.1f} s {last_failure(asked, at, until):.1f} s"
                for at, until in zip(healed, ends, strict=True)
            ),
            "memory MB": growth(before, after),
        },
    )
