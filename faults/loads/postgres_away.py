"""PostgreSQL does not answer: its processes are stopped; then the connection to it drops all packets."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from attrs import field, frozen
from sqlalchemy import make_url
from tests.support.proxy import Link

from faults.checks import (
    all_are_answered,
    answered_within,
    failures_are_honest,
    outage_is_reported,
    recovered_within,
)
from faults.figures import last_failure, times
from faults.fleet import given, store
from faults.generators import Generator
from faults.invariants import announced_in_order, stored_as_acknowledged
from faults.operators import OperatorLoad
from faults.record import of
from faults.system import Host, System, newest
from faults.verdicts import Outcome, held, in_time, same_processes

_RECOVERY: Final = 5.0
_DEVICES: Final = 50
_CALM: Final = 0.5
"""Seconds of traffic before each outage, and after the last."""


@frozen
class Scale:
    """`bound`: seconds within which each request is answered."""

    outage: float
    bound: float
    rate: float
    settings: Mapping[str, str] = field(factory=dict)


_IMPATIENT: Final = {
    "IOTCONFIG_DB_CONNECT_TIMEOUT": "2",
    "IOTCONFIG_DB_POOL_TIMEOUT": "1",
    "IOTCONFIG_DB_STATEMENT_TIMEOUT": "1",
    "IOTCONFIG_DB_LOCK_TIMEOUT": "1",
    "IOTCONFIG_DB_WATCHDOG_TIMEOUT": "1.5",
}
SHORT: Final = Scale(2.2, 10.0, 20.0, _IMPATIENT)
# Three seconds for a connection, ten for the work with it, and the delay of the watchdog.
LONG: Final = Scale(30.0, 14.0, 40.0)


def run(site: Host, scale: Scale) -> Outcome:
    """Both outages during writes and reads, with regular health checks."""
    broken: list[float] = []
    healed: list[float] = []
    with site.database() as url, Link(site.postgres.port) as link:
        through_link = make_url(url).set(port=link.port).render_as_string(hide_password=False)
        with System(site.new_directory(), through_link, scale.settings) as system:
            store(system.client, site.seed, _DEVICES)
            pids = system.serve.pids()
            load = OperatorLoad(
                port=system.port,
                record=str(system.record_path("operators")),
                seed=site.seed,
                writers=60,
                devices=_DEVICES,
                rate=scale.rate,
                reads=True,
            )
            with Generator("operators", load) as operators:
                for name, begin, end in (
                    ("PostgreSQL stops answering", site.postgres.freeze, site.postgres.thaw),
                    ("the connection drops all packets", link.swallow, link.flow),
                ):
                    time.sleep(_CALM)
                    begin()
                    broken.append(system.recorder.note("fault", name))
                    try:
                        until = time.monotonic() + scale.outage
                        while time.monotonic() < until:
                            system.probe("health", "/api/health")
                    finally:
                        healed.append(system.recorder.note("fault", f"{name}: no more"))
                        end()
                    system.wait_healthy()
                time.sleep(_CALM)
                operators.stop()
            system.wait_drained()
            pids_after = system.serve.pids()
            history = system.history()
            record = system.record()
    asked = of(record, "write", "fetch")
    health = of(record, "health")
    ends = [*broken[1:], float("inf")]
    return Outcome(
        len(record),
        [
            held(
                f"all are answered within {scale.bound:g} s, 5xx is 503 with Retry-After",
                all_are_answered(record),
                answered_within([*asked, *health], scale.bound),
                failures_are_honest(record),
            ),
            held(
                "health reports the outage",
                *(outage_is_reported(health, *outage) for outage in zip(broken, healed, strict=True)),
            ),
            held("it recovers without intervention, in the same processes", same_processes(pids, pids_after)),
            stored_as_acknowledged(record, history, given(site.seed, _DEVICES)),
            announced_in_order(record, newest(history)),
            in_time(f"recovery under {_RECOVERY:g} s", recovered_within(asked, healed, broken, _RECOVERY)),
            held("the log has no defect", system.faults_logged()),
        ],
        {
            f"{len(asked)} requests": times(asked),
            f"{len(health)} health checks": times(health),
            "last failure after the recovery": ", ".join(
                f"{last_failure(asked, at, until):.1f} s" for at, until in zip(healed, ends, strict=True)
            ),
        },
    )
