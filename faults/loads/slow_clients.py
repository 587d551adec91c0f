"""Two hundred slow clients, without an effect on devices."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Final

from attrs import field, frozen
from tests.support.depot import Depot, settings_of
from tests.support.signing import signing_key

from faults.checks import all_are_done, bodies_are_as_stored, cut_in_time
from faults.devices import DeviceLoad
from faults.figures import percentile, times
from faults.fleet import address, digest, document, store
from faults.generators import Generator
from faults.record import of
from faults.slow_clients import Crowd
from faults.system import Host, System, growth
from faults.verdicts import Outcome, at_most, held, in_time

_P99: Final = 1.0
_DEVICES: Final = 100


@frozen
class Scale:
    """`deadlines`: seconds for each kind of client; `margin`: seconds by which it may be closed later."""

    clients: int
    rate: float
    deadlines: Mapping[str, float]
    margin: float
    asset: int
    """Bytes that one more client downloads."""
    pace: int
    """Bytes per second of that client."""
    settings: Mapping[str, str] = field(factory=dict)


_HASTY: Final = {
    "IOTCONFIG_HEADER_TIMEOUT": "3",
    "IOTCONFIG_BODY_TIMEOUT": "3",
    "IOTCONFIG_STALL_TIMEOUT": "3",
}
SHORT: Final = Scale(
    200, 20.0, {"headers": 3.0, "body": 3.0, "reader": 3.0}, 12.0, 1_500_000, 400_000, _HASTY
)
LONG: Final = Scale(
    200, 50.0, {"headers": 10.0, "body": 30.0, "reader": 20.0}, 5.0, 64 * 1024 * 1024, 200_000
)


def run(site: Host, scale: Scale) -> Outcome:
    """A third sends headers slowly, a third sends bodies slowly, a third reads slowly, until all are closed."""
    directory = site.new_directory()
    settings = {**scale.settings, **settings_of(directory)}
    asset = random.Random(site.seed).randbytes(scale.asset)
    with site.database() as url, System(directory, url, settings, broker=False) as system:
        depot = Depot(system.serve, directory / "assets", signing_key())
        store(system.client, site.seed, _DEVICES)
        # Larger than the buffers of both ends, so that a reader that stops blocks the sender.
        path = depot.uploaded("firmware.bin", asset)
        before = system.usage()
        longest = max(scale.deadlines.values()) + scale.margin
        third = scale.clients // 3
        crowd = Crowd(
            port=system.port,
            record=str(system.record_path("crowd")),
            headers=third,
            bodies=third,
            readers=scale.clients - 2 * third,
            large=path,
            seconds=longest + 30,
            download=path,
            rate=scale.pace,
        )
        storm = DeviceLoad(
            port=system.port,
            record=str(system.record_path("devices")),
            seed=site.seed,
            devices=_DEVICES,
            fetches=int(longest * scale.rate),
            seconds=longest,
        )
        with Generator("slow_clients", crowd) as slow_clients, Generator("devices", storm) as devices:
            slow_clients.finish(longest + 600)
            devices.stop()
        after = system.usage()
        crowd_record, good = system.record("crowd"), system.record("devices")
    slow, downloads = of(crowd_record, "slow"), of(crowd_record, "download")
    digests = {address(n): digest(document(site.seed, n).encode()) for n in range(_DEVICES)}
    p99 = percentile((one.seconds for one in good), 0.99)
    closed = sum(one.status == 408 for one in slow)
    return Outcome(
        len(crowd_record) + len(good),
        [
            held("each normal device is served", all_are_done(good), bodies_are_as_stored(good, digests)),
            held(
                "each slow connection is closed at its deadline",
                cut_in_time(slow, scale.deadlines, scale.margin),
            ),
            held(
                "slow senders get 408",
                [] if closed == 2 * third else [f"{closed} of {2 * third} got a 408"],
            ),
            held(
                "a slow and steady download arrives complete",
                all_are_done(downloads),
                [
                    f"{one.facts['bytes']} bytes"
                    for one in downloads
                    if one.facts.get("digest") != digest(asset)
                ],
            ),
            in_time(f"p99 of normal fetches under {_P99:g} s", at_most(p99, _P99, "p99")),
            held("the log has no defect", system.faults_logged()),
        ],
        {
            f"{len(good)} normal fetches": times(good),
            **{
                f"{kind} closed after": times([one for one in slow if one.subject == kind])
                for kind in scale.deadlines
            },
            f"a download of {scale.asset / 1e6:.0f} MB at {scale.pace / 1e3:.0f} KB/s": times(downloads),
            "memory MB": growth(before, after),
        },
    )
