"""Clients that invent MAC addresses, from one address and from many, while devices poll."""

from __future__ import annotations

from collections import Counter

from attrs import frozen
from tests.support.waiting import wait_until

from faults.checks import failures_are_honest
from faults.figures import times
from faults.fleet import store
from faults.generators import Generator
from faults.record import of
from faults.reporting import ReportingLoad
from faults.strangers import StrangerLoad
from faults.system import Host, System, compared, growth
from faults.verdicts import Outcome, at_most, held
from iotconfig.domain.devices.new_boards import MAX_BOARDS, MAX_OF_NETWORK

_HOME = "02:ff:00:00:00:01"
_HOME_NETWORK = "192.0.2.1"
_MORE_BYTES = 30_000_000
"""The most that a worker grows by: two thousand boards have one megabyte."""


@frozen
class Scale:
    """`requests` of invented MAC addresses from one address, and as many from `networks`; `devices` poll meanwhile."""

    requests: int
    at_once: int
    networks: int
    devices: int
    seconds: float


SHORT = Scale(1_100, at_once=20, networks=400, devices=10, seconds=120)
LONG = Scale(100_000, at_once=100, networks=10_000, devices=200, seconds=1_800)


def run(site: Host, scale: Scale) -> Outcome:
    """A board at home asks once before the crowds, which come one after the other."""
    settings = {"IOTCONFIG_TRUSTED_PROXIES": "127.0.0.0/8", "IOTCONFIG_SIGHTINGS_INTERVAL": "1"}
    with (
        site.database() as url,
        System(site.new_directory(), url, settings, broker=False, workers=2) as system,
    ):
        store(system.client, site.seed, scale.devices)
        _ask(system)
        wait_until(lambda: _HOME in _listed(system), "the board at home is listed", 60)
        before = system.usage()
        polling = ReportingLoad(
            port=system.port,
            record=str(system.record_path("devices")),
            seed=site.seed,
            devices=scale.devices,
            every=1.0,
        )
        with Generator("reporting", polling) as devices:
            for name, networks in (("one", 1), ("many", scale.networks)):
                strangers = StrangerLoad(
                    port=system.port,
                    record=str(system.record_path(name)),
                    requests=scale.requests,
                    at_once=scale.at_once,
                    networks=networks,
                )
                with Generator("strangers", strangers) as crowd:
                    crowd.finish(scale.seconds)
                # It asks as often as a device does.
                _ask(system)
            devices.stop()
        wait_until(lambda: len(_listed(system)) > MAX_OF_NETWORK, "the crowds are written", 60)
        listed = _listed(system)
        after = system.usage()
        polls, strange = system.record("devices"), [*system.record("one"), *system.record("many")]
        system.serve.stop()
        logged = system.faults_logged()
    answered = [f"{one.subject}: {one.status}" for one in strange if one.status != 404]
    grown = [
        violation
        for name, (earlier, later) in compared(before, after, lambda usage: usage.bytes).items()
        for violation in at_most(later - earlier, _MORE_BYTES, f"growth of {name} in bytes")
    ]
    per_network = Counter(listed.values())
    return Outcome(
        len(polls) + len(strange),
        [
            held("each invented MAC address gets 404", answered),
            held("no poll of a device fails", failures_are_honest(polls)),
            held(
                "the new boards are bounded",
                at_most(len(listed), MAX_BOARDS, "number of new boards"),
                *(at_most(found, MAX_OF_NETWORK, f"number of {name}") for name, found in per_network.items()),
            ),
            held("the board of another source stays", [] if _HOME in listed else [f"{_HOME} is gone"]),
            held("memory is bounded", grown),
            held("the log has no defect", logged),
        ],
        {
            f"{len(of(polls, 'fetch', 'report'))} polls": times(polls),
            f"{len(strange)} strangers": times(strange),
            "memory MB": growth(before, after),
        },
    )


def _ask(system: System) -> None:
    system.client.request("GET", f"/api/configs/{_HOME}.json", headers={"X-Forwarded-For": _HOME_NETWORK})


def _listed(system: System) -> dict[str, str]:
    """The networks of the new boards, by MAC address."""
    found = system.client.get("/api/new-devices").json()["new_devices"]
    return {board["mac_address"]: board["network"] for board in found}
