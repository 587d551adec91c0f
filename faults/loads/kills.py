"""A random worker, or the leader, is killed at intervals."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from typing import Final

from attrs import frozen
from tests.support.waiting import wait_until

from faults.checks import (
    acknowledged_are_stored,
    failures_are_honest,
    history_is_gapless,
    reads_are_not_stale,
    stored_were_asked_for_once,
)
from faults.figures import times
from faults.fleet import given, store
from faults.generators import Generator
from faults.invariants import announced_in_order
from faults.operators import OperatorLoad
from faults.record import of
from faults.system import Host, System, growth, newest
from faults.verdicts import Outcome, held

_WORKERS: Final = 3


@frozen
class Scale:
    kills: int
    every: float = 2.0
    rate: float = 60.0
    devices: int = 100


SHORT: Final = Scale(3, every=0.5, rate=40.0, devices=30)
LONG: Final = Scale(30)


def run(site: Host, scale: Scale) -> Outcome:
    """Kill processes during writes and reads; the service replaces each."""
    chance = random.Random(site.seed)
    # Shuffled, not drawn at random, so that even a few victims are of both kinds.
    victims = ["leader" if n % 3 == 1 else "worker" for n in range(scale.kills)]
    chance.shuffle(victims)
    with site.database() as url, System(site.new_directory(), url, workers=_WORKERS) as system:
        store(system.client, site.seed, scale.devices)
        before = system.usage()
        load = OperatorLoad(
            port=system.port,
            record=str(system.record_path("operators")),
            seed=site.seed,
            writers=30,
            devices=scale.devices,
            rate=scale.rate,
            reads=True,
        )
        with Generator("operators", load) as operators:
            for victim in victims:
                time.sleep(scale.every)
                pid = system.leader_pid() if victim == "leader" else chance.choice(system.serve.worker_pids())
                if pid is not None:
                    system.recorder.note("fault", f"SIGKILL of {victim}")
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            time.sleep(scale.every)
            operators.stop()
        began = time.monotonic()
        system.wait_drained(90)
        drained = time.monotonic() - began
        wait_until(lambda: len(system.serve.worker_pids()) == _WORKERS, "all workers are back", 60)
        system.wait_healthy()
        after = system.usage()
        history = system.history()
        record = system.record()
        left = system.left_behind()
        miscounted = system.miscounted_states()
    asked = of(record, "write", "fetch")
    return Outcome(
        len(record),
        [
            held(
                "acknowledged ⊆ stored, each once, gapless",
                acknowledged_are_stored(record, history),
                stored_were_asked_for_once(record, history, given(site.seed, scale.devices)),
                history_is_gapless(history),
            ),
            held("no read goes back", reads_are_not_stale(record, history)),
            held("no 5xx but 503 with Retry-After", failures_are_honest(record)),
            announced_in_order(record, newest(history)),
            held("devices are counted by the states that they have", miscounted),
            held("no temporary file is left", left),
            held("the log has no defect", system.faults_logged()),
        ],
        {
            f"{len(asked)} requests": times(asked),
            "connections that ended with their worker": str(sum(one.status == 0 for one in asked)),
            "killed": ", ".join(f"{victims.count(kind)} x {kind}" for kind in ("worker", "leader")),
            "all announced, after the last write": f"{drained:.1f} s",
            "memory MB": growth(before, after),
        },
    )
