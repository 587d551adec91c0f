"""Devices report over MQTT while the leader is killed, the broker restarts, and operators change configs."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Final

from attrs import define, field, frozen
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from tests.support.device_broker import DeviceBroker
from tests.support.listener import Listener
from tests.support.schema import rows
from tests.support.waiting import wait_until

from faults.checks import level
from faults.fleet import address, store
from faults.system import Host, System, compared, growth
from faults.verdicts import Outcome, held

_TURNS: Final = 10
"""Bursts in a second."""
_STALLED: Final = 60.0
"""Seconds without a recorded report after which the rest counts as lost."""
_QUIET: Final = 0.5
"""Seconds between a restart and the next fault."""


@frozen
class Scale:
    """Each device in turn reports, `rate` of them in a second; `faults` at intervals of `every` seconds."""

    devices: int
    rate: int
    faults: int
    every: float


SHORT = Scale(devices=100, rate=200, faults=3, every=1.0)
LONG = Scale(devices=10_000, rate=1_000, faults=20, every=5.0)


@define
class _Devices:
    """Publishes reports with growing numbers, and knows which the broker has taken."""

    _port: int
    _scale: Scale
    sent: int = 0
    taken: dict[str, int] = field(factory=dict)
    """The highest number of each device that the broker acknowledged."""
    _waiting: dict[int, tuple[str, int]] = field(factory=dict)
    """The device and the number of each message that is under way."""
    _acknowledged: SimpleQueue[int] = field(factory=SimpleQueue)
    _stop: Event = field(factory=Event)

    def run(self) -> None:
        """Report until `stop`. While the broker is away, nothing new is published."""
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
        client.max_inflight_messages_set(1000)
        client.reconnect_delay_set(min_delay=1, max_delay=1)
        # A lock here would wait for the one that the client holds while it calls this.
        client.on_publish = lambda _client, _data, mid, *_: self._acknowledged.put(mid)
        client.connect("127.0.0.1", self._port)
        client.loop_start()
        due = time.monotonic()
        while not self._stop.is_set():
            if client.is_connected():
                for _ in range(self._scale.rate // _TURNS):
                    self._report(client)
            self._note_acknowledged()
            due = max(due + 1 / _TURNS, time.monotonic())
            self._stop.wait(due - time.monotonic())
        with suppress(AssertionError):
            wait_until(self._are_all_acknowledged, "the broker has all reports", 30)
        client.disconnect()
        client.loop_stop()

    def stop(self) -> None:
        """End after the reports that are under way."""
        self._stop.set()

    def _report(self, client: Client) -> None:
        device, number = address(self.sent % self._scale.devices), self.sent
        payload = {"outcome": "applied", "etag": f'"{number}"', "firmware": "1", "n": number}
        info = client.publish(f"iotsupport/devices/{device}/report", json.dumps(payload), qos=1, retain=True)
        self._waiting[info.mid] = device, number
        self.sent += 1

    def _note_acknowledged(self) -> None:
        with suppress(Empty):
            while True:
                device, number = self._waiting.pop(self._acknowledged.get_nowait())
                self.taken[device] = max(number, self.taken.get(device, 0))

    def _are_all_acknowledged(self) -> bool:
        self._note_acknowledged()
        return not self._waiting


def run(site: Host, scale: Scale) -> Outcome:
    """In turns, SIGKILL of the leader and a restart of the broker, which keeps its sessions and its messages."""
    directory = site.new_directory()
    broker = DeviceBroker(directory, "max_queued_messages 0")
    with (
        site.database() as url,
        System(directory, url, {"MQTT_URL": broker.url}, broker=False) as system,
        # Of one device: what all devices report would keep this process busy, and not the system.
        Listener(broker.port, f"iotsupport/devices/{(changed := address(0))}/config") as listener,
    ):
        store(system.client, site.seed, scale.devices)
        before = system.usage()
        devices = _Devices(broker.port, scale)
        reporting = Thread(target=devices.run, daemon=True)
        reporting.start()
        for turn in range(scale.faults):
            time.sleep(scale.every)
            if turn % 2:
                system.recorder.note("fault", "restart of the broker")
                broker.stop()
                broker.start()
            elif (leader := system.leader_pid()) is not None:
                system.recorder.note("fault", "SIGKILL of leader")
                with suppress(ProcessLookupError):
                    os.kill(leader, signal.SIGKILL)
            body = {"content": {"turn": turn}}
            assert system.client.send_json("PUT", f"/api/configs/by-mac/{changed}", body).status in (200, 201)
            time.sleep(_QUIET)
        devices.stop()
        reporting.join()
        began = time.monotonic()
        _wait_recorded(url, devices.taken)
        took = time.monotonic() - began
        system.wait_drained()
        with suppress(AssertionError):
            wait_until(
                lambda: _is_announced(listener, changed, scale.faults + 1), "the last change arrives", 60
            )
        after = system.usage()
        lost, is_announced = _lost(url, devices.taken), _is_announced(listener, changed, scale.faults + 1)
        system.serve.stop()
        logged = system.faults_logged()
        broker.stop()
    return Outcome(
        devices.sent,
        [
            held("the newest report of each device that the broker acknowledged is recorded", lost),
            held("the newest change is announced", [] if is_announced else [f"{changed} was not told"]),
            held("memory is flat", level(compared(before, after, lambda one: one.bytes / 1e6), 1.2, 30)),
            held("the log has no defect", logged),
        ],
        {"recorded after the last report": f"{took:.1f} s", "memory MB": growth(before, after)},
    )


def _wait_recorded(url: str, taken: dict[str, int]) -> None:
    """Return when all reports are recorded, or none was for so long that they will not be: busy machines take their time."""
    query = "SELECT sum(report_number) FROM device_evidence WHERE kind = 'applied'"
    recorded, since = rows(url, query), time.monotonic()
    while _lost(url, taken) and time.monotonic() - since < _STALLED:
        time.sleep(0.5)
        if (now := rows(url, query)) != recorded:
            recorded, since = now, time.monotonic()


def _lost(url: str, taken: dict[str, int]) -> list[str]:
    """Devices whose stored report is older than one that the broker acknowledged."""
    query = "SELECT mac_address, report_number FROM device_evidence WHERE kind = 'applied'"
    stored = {str(mac): int(str(number)) for mac, number in rows(url, query)}
    return [
        f"{device} reported {number}, stored is {stored.get(device)}"
        for device, number in sorted(taken.items())
        if stored.get(device, -1) < number
    ]


def _is_announced(listener: Listener, device: str, number: int) -> bool:
    told = listener.received(f"{device}/config")
    return bool(told) and told[-1].json()["revision"] == number
