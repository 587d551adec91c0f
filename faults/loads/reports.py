"""Devices poll and report while workers are killed, and the database is restarted."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress

from attrs import frozen
from tests.support.schema import rows
from tests.support.waiting import wait_until

from faults.checks import failures_are_honest, reports_are_kept
from faults.figures import times
from faults.fleet import address, store
from faults.generators import Generator
from faults.record import of
from faults.reporting import ReportingLoad
from faults.system import Host, System, growth
from faults.verdicts import Outcome, held

_WORKERS = 2


@frozen
class Scale:
    """`faults` at intervals of `every` seconds; each device polls once a `poll` seconds."""

    faults: int
    every: float
    devices: int
    poll: float


SHORT = Scale(3, every=0.7, devices=20, poll=0.4)
LONG = Scale(30, every=4.0, devices=500, poll=2.0)


def run(site: Host, scale: Scale) -> Outcome:
    """SIGKILL of a random worker; every third time, a restart of PostgreSQL without a warning."""
    chance = random.Random(site.seed)
    with site.database() as url, System(site.new_directory(), url, broker=False, workers=_WORKERS) as system:
        store(system.client, site.seed, scale.devices)
        before = system.usage()
        load = ReportingLoad(
            port=system.port,
            record=str(system.record_path("devices")),
            seed=site.seed,
            devices=scale.devices,
            every=scale.poll,
        )
        with Generator("reporting", load) as devices:
            for turn in range(scale.faults):
                time.sleep(scale.every)
                if turn % 3 == 1 and not site.on_sqlite:
                    system.recorder.note("fault", "restart of PostgreSQL")
                    site.postgres.stop("immediate")
                    site.postgres.start()
                else:
                    system.recorder.note("fault", "SIGKILL of worker")
                    with suppress(ProcessLookupError):
                        os.kill(chance.choice(system.serve.worker_pids()), signal.SIGKILL)
            wait_until(lambda: len(system.serve.worker_pids()) == _WORKERS, "all workers are back", 60)
            system.wait_healthy()
            # Each device polls in a process that is not killed any more.
            time.sleep(2 * scale.poll)
            devices.stop()
        after = system.usage()
        record = system.record("devices")
        system.serve.stop()
        stored = rows(
            url, "SELECT mac_address, report_number FROM device_evidence WHERE kind = 'applied' ORDER BY 1"
        )
        holding = {
            str(mac) for (mac,) in rows(url, "SELECT mac_address FROM device_evidence WHERE kind = 'holds'")
        }
        logged = system.faults_logged()
    unseen = [f"{address(n)} was not seen" for n in range(scale.devices) if address(n) not in holding]
    return Outcome(
        len(record),
        [
            held(
                "no report that was answered is lost",
                reports_are_kept(record, {str(mac): int(str(number)) for mac, number in stored}),
            ),
            held("each device is seen again after a kill", unseen),
            held("no 5xx but 503 with Retry-After", failures_are_honest(record)),
            held("the log has no defect", logged),
        ],
        {
            f"{len(record)} requests": times(record),
            "reports that were not kept": str(
                sum(not one.facts.get("is_kept") for one in of(record, "report"))
            ),
            "memory MB": growth(before, after),
        },
    )
