"""After a power cut: all devices fetch their documents, first within a minute, then all at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from attrs import evolve, frozen
from tests.support.tokens import api_token, bearer, device_token

from faults.checks import (
    all_are_answered,
    bodies_are_as_stored,
    every_subject_is_served,
    failures_are_honest,
)
from faults.devices import DeviceLoad
from faults.figures import percentile, times
from faults.fleet import address, digest, document, store
from faults.generators import Generator
from faults.record import NO_ANSWER, Operation
from faults.system import Host, System, growth
from faults.verdicts import Outcome, at_most, held, in_time
from iotconfig.domain.access.principal import Role

_P99: Final = 1.0


@frozen
class Scale:
    """`devices`, which fetch within `seconds`, and once more all at once."""

    devices: int
    seconds: float
    tokens: bool = False
    """Whether each device needs its own token."""


SHORT: Final = Scale(150, 1.0)
LONG: Final = Scale(10_000, 60.0)
SHORT_WITH_TOKENS: Final = Scale(100, 1.0, tokens=True)
LONG_WITH_TOKENS: Final = Scale(10_000, 60.0, tokens=True)


def run(site: Host, scale: Scale) -> Outcome:
    """Both storms, one after the other."""
    # One address stands for as many as there are devices.
    env = {"IOTCONFIG_CONNECTIONS_PER_ADDRESS": "100000"}
    if scale.tokens:
        env |= {"IOTCONFIG_AUTH": "on", "IOTCONFIG_DEVICE_AUTH": "required"}
    with site.database() as url, System(site.new_directory(), url, env) as system:
        headers = bearer(api_token(url, Role.ADMIN)) if scale.tokens else {}
        store(system.client, site.seed, scale.devices, **headers)
        system.wait_drained()
        before = system.usage()
        spread = DeviceLoad(
            port=system.port,
            record=str(system.record_path("spread")),
            seed=site.seed,
            devices=scale.devices,
            fetches=scale.devices,
            seconds=scale.seconds,
            tokens=_tokens(system, scale.devices) if scale.tokens else "",
        )
        with Generator("devices", spread) as devices:
            devices.finish(scale.seconds + 120)
        at_once = evolve(spread, record=str(system.record_path("at-once")), seconds=0.0)
        with Generator("devices", at_once) as devices:
            devices.finish(240)
        after = system.usage()
        first, second = system.record("spread"), system.record("at-once")
    record = [*first, *second]
    digests = {address(n): digest(document(site.seed, n).encode()) for n in range(scale.devices)}
    p99 = percentile((one.seconds for one in first), 0.99)
    return Outcome(
        len(record),
        [
            held("bodies are byte-equal to what was stored", bodies_are_as_stored(record, digests)),
            held("no 5xx but 503 with Retry-After", failures_are_honest(record)),
            held("spread over time, each device is answered", all_are_answered(first)),
            # Connections beyond the kernel's queue are reset, and retry as devices do.
            held("all at once, each device gets its document", every_subject_is_served(second, digests)),
            in_time(f"p99 under {_P99:g} s while they come one by one", at_most(p99, _P99, "p99")),
            held("the log has no defect", system.faults_logged()),
        ],
        {
            f"{len(first)} fetches at {len(first) / scale.seconds:.0f}/s": times(first),
            f"{scale.devices} at once": f"{times(second)}, all served after {_span(second):.1f} s, "
            f"{sum(one.status == 503 for one in second)} got 503, "
            f"{sum(one.status == 408 for one in second)} too slow to ask, "
            f"{sum(one.status == NO_ANSWER for one in second)} without an answer",
            "memory MB": growth(before, after),
        },
    )


def _span(record: Sequence[Operation]) -> float:
    """Seconds from the first begin to the last end."""
    return max(one.ended or one.begun for one in record) - min(one.begun for one in record)


def _tokens(system: System, devices: int) -> str:
    path = system.directory / "tokens.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps([device_token(system.database_url, address(n)) for n in range(devices)]))
    return str(path)
