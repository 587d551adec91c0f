"""The subscriber on a real broker and a real database: outages, replays, and many messages."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex
from time import monotonic

import pytest
from attrs import frozen

from iotconfig.adapters.mqtt import client_id_of
from iotconfig.domain.configs.bulk import BulkEntry
from iotconfig.domain.configs.bulk_options import ImportOptions
from iotconfig.domain.devices.evidence import Evidence, Kind
from iotconfig.domain.devices.incoming import Topic
from iotconfig.domain.devices.observed import ObservedDevice
from iotconfig.domain.devices.state import State
from iotconfig.domain.jobs.restarting import RestartingJob
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring import announcing
from iotconfig.entrypoints.wiring.services import Services, open_services
from iotconfig.entrypoints.wiring.subscribing import NAME, subscriber_job
from iotconfig.testing.builders import content, mac
from tests.support.device_broker import PREFIX, DeviceBroker

_MANY = 3_000
"""More than the broker sends without an acknowledgement, and more than it queues by default."""

_PROBE = 0xFFFF
"""The device whose report is the last one."""


def _report(etag: str, outcome: str = "applied", **given: object) -> bytes:
    return json.dumps({"outcome": outcome, "etag": etag, **given}).encode()


@frozen
class _Site:
    """A broker, a database with a device, and a subscriber between them, which the test steps."""

    broker: DeviceBroker
    services: Services
    job: RestartingJob

    def observed(self, number: int = 1) -> ObservedDevice:
        assert self.services.persistence.evidence is not None
        found = self.services.persistence.evidence.find(mac(number))
        assert found is not None
        return found

    def state(self, number: int = 1) -> State:
        return self.observed(number).state

    def evidence(self) -> Evidence:
        return self.observed().newest[Kind.APPLIED]

    def step_until(self, condition: Callable[[], bool], what: str) -> None:
        """Run the job until a condition holds."""
        until = monotonic() + 60
        while not condition():
            assert monotonic() < until, f"not within a minute: {what}"
            wait = self.job.run_once()
            self.job.wait_for_wakeup(min(wait.seconds, 0.05))

    def say(self, payload: bytes, device: int = 1, qos: int = 1) -> None:
        self.broker.publish(Topic.REPORT, str(mac(device)), payload, qos=qos)

    def lose_session(self) -> None:
        installation = self.services.persistence.installation()
        self.broker.forget_session(client_id_of(installation, PREFIX, NAME))

    def next_step(self) -> None:
        """Let a message through, and everything before it."""
        self.services.configs.put(mac(_PROBE), content())
        etag = f'"{token_hex(4)}"'
        self.say(_report(etag), _PROBE)

        def is_through() -> bool:
            newest = self.observed(_PROBE).newest
            return Kind.APPLIED in newest and etag == newest[Kind.APPLIED].etag

        self.step_until(is_through, "the message is recorded")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[DeviceBroker]:
    """A broker that queues as many messages as there are."""
    broker = DeviceBroker(tmp_path, "max_queued_messages 0")
    yield broker
    broker.stop()


@pytest.fixture
def site(broker: DeviceBroker, database_url: str) -> Iterator[_Site]:
    """On each kind of database."""
    settings = Settings.from_environ({"DATABASE_URL": database_url, "MQTT_URL": broker.url})
    address = announcing.broker(settings)
    assert address is not None
    job = subscriber_job(settings, address)
    with open_services(settings) as services:
        services.configs.create(mac(1), content())
        yield _Site(broker, services, job)
        job.close()


def test_reports_become_states(site: _Site) -> None:
    """A message that was there before the first connection, and one that comes later."""
    etag = content().etag
    site.say(_report(etag, "rejected", pointer="/a", reason="\x1b[2J", n=1))
    site.step_until(lambda: site.state() is State.REJECTED, "the device has refused")
    assert r"\x1b[2J" == site.observed().newest[Kind.REJECTED].reason

    site.say(_report(etag, n=2))
    site.step_until(lambda: site.state() is State.IN_SYNC, "the device is in sync")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_replayed_report_changes_nothing(site: _Site) -> None:
    """The broker loses its sessions, and sends the retained report again; then it is restarted."""
    site.say(_report(content().etag))
    site.step_until(lambda: site.state() is State.IN_SYNC, "the device is in sync")
    first = site.evidence()

    site.lose_session()
    site.next_step()
    assert first == site.evidence()

    site.broker.stop()
    site.job.run_once()
    site.broker.start()
    site.next_step()
    assert first == site.evidence()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_devices_say_during_an_outage_is_not_lost(site: _Site) -> None:
    """The subscriber is away; the broker keeps QoS 1, and QoS 0 is found among the retained messages."""
    etag = content().etag
    site.say(b"{}", qos=0)
    site.say(_report('"other"'), qos=0)
    site.step_until(lambda: bool(site.observed().newest), "the report is stored")
    site.job.close()
    site.say(_report(etag), qos=0)

    site.step_until(lambda: site.state() is State.IN_SYNC, "the device is in sync")
    site.job.close()
    site.say(_report(etag, "rejected"))
    site.step_until(lambda: site.state() is State.REJECTED, "the device has refused")


@pytest.mark.parametrize(("qos", "count"), [(0, _MANY), (1, 10_000)])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_many_retained_reports_wait(site: _Site, qos: int, count: int) -> None:
    """All are recorded when the broker is back, in batches, whether it counts them or not."""
    numbers = range(1, count + 1)
    entries = [BulkEntry(str(number), mac(number), content()) for number in numbers]
    site.services.bulk.load(entries, ImportOptions())
    payload = _report(content().etag)
    site.broker.publish_all([(Topic.REPORT, str(mac(number)), payload) for number in numbers], qos=qos)
    site.broker.stop()
    site.job.run_once()
    site.broker.start()

    def are_all_in_sync() -> bool:
        assert site.services.persistence.evidence is not None
        found = site.services.persistence.evidence.find_all([mac(number) for number in numbers])
        return {State.IN_SYNC: count} == Counter(device.state for device in found)

    site.step_until(lambda: site.state(count) is State.IN_SYNC, "the last one is recorded")
    site.next_step()
    assert are_all_in_sync()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_bad_messages_hold_nothing_up(site: _Site) -> None:
    """Of 4 KB, of binary, with a NUL, on a topic with a long level; the report behind them is recorded."""
    device = str(mac(1))
    site.broker.publish_all(
        [
            (Topic.REPORT, device, b"x" * 4096),
            (Topic.REPORT, device, b"x" * 100_000),
            (Topic.REPORT, device, bytes(range(256))),
            (Topic.REPORT, device, b'{"outcome": "applied", "etag": "\\"a\\"", "reason": "\\u0000"}'),
            (Topic.REPORT, "x" * 10_000, b"{}"),
            (Topic.ONLINE, device, b"\x1b[2J"),
            (Topic.ONLINE, device, b"on\0line"),
        ]
    )
    site.next_step()

    assert {} == site.observed().newest
    assert site.services.persistence.last_messages is not None
    assert {} == site.services.persistence.last_messages.of([mac(1)])
