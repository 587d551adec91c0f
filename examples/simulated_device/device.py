"""A simulated ESP32: fetches its document, fetches it again after each message about a change, and reports what became of it.

    python device.py --mac 02:00:00:00:00:01 --server http://127.0.0.1:8080 --broker 127.0.0.1

The device's side of iotconfig, for trying a service without a board: it refuses a `brightness` above 100. The sketch
in `examples/esp32` does more: it stores its document and the number of its reports. Needs paho-mqtt.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from email.message import Message
from http.client import HTTPException
from queue import Empty, SimpleQueue
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

_LOOK_ANYWAY = 6 * 3600.0
"""Seconds until the next fetch without a message, in case one was lost."""

_LONGEST_PAUSE = 60.0


class Refused(Exception):
    """The device cannot apply a document."""

    def __init__(self, reason: str, pointer: str = "") -> None:
        super().__init__(f"{pointer}: {reason}" if pointer else reason)
        self.found = {"pointer": pointer, "reason": reason} if pointer else {"reason": reason}


class Device:
    """One board: it has a document and its ETag, and a report of the last document."""

    def __init__(self, mac: str, server: str, token: str, firmware: str, *, reports_by_mqtt: bool) -> None:
        self.report: dict[str, str | int] = {}
        """As JSON; as a header of the next fetch, it is kept until the service has it."""
        self._url = f"{server}/api/configs/{mac}.json"
        self._token = token
        self._firmware = firmware.encode("ascii", "replace").decode()[:32]
        self._reports_by_mqtt = reports_by_mqtt
        self._etag = ""
        self._refused = ""
        self._failures = 0
        self._reports = 0

    def is_new(self, payload: bytes) -> bool:
        """Whether a message names another document than the present one. One that was refused is tried again.

        An empty message means that the config was deleted. The device keeps its document, since
        a deletion is often a mistake that is soon corrected.
        """
        if payload == b"" or json.loads(payload)["etag"] == self._etag:
            return False
        self._refused = ""
        return True

    def fetch(self) -> float:
        """Fetch the document. Returns the seconds until the next fetch."""
        request = Request(self._url, headers=self._headers())
        is_reporting = request.has_header("Config-report")
        has_news = False
        try:
            with urlopen(request, timeout=10) as answer:
                body, etag = answer.read(), answer.headers["ETag"]
                if etag is None:
                    return self._later("no ETag: another server answered")
                self._note_report(answer.headers, is_reporting=is_reporting)
                has_news = self._take(body, etag)
        except HTTPError as error:
            if error.code == 304:
                if not is_reporting:
                    print("unchanged", flush=True)
                self._note_report(error.headers, is_reporting=is_reporting)
            elif error.code in (404, 410):
                print("no configuration yet", flush=True)
            else:
                return self._later(f"answer {error.code}")
        except (HTTPException, URLError, OSError) as error:
            return self._later(str(error))
        self._failures = 0
        # A report is a header of the next fetch, which is made at once.
        return 0.0 if has_news and not self._reports_by_mqtt else _LOOK_ANYWAY

    def _headers(self) -> dict[str, str]:
        headers = {}
        if self._etag or self._refused:
            # What runs, or an empty tag if nothing does; then what need not be sent again.
            running = self._etag or '""'
            headers["If-None-Match"] = f"{running}, {self._refused}" if self._refused else running
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if self.report and not self._reports_by_mqtt:
            outcome, *rest = self.report.items()
            # A string of a header escapes quotes and backslashes, as JSON does.
            headers["Config-Report"] = "; ".join(
                [str(outcome[1]), *(f"{name}={json.dumps(value)}" for name, value in rest)]
            )
        return headers

    def _note_report(self, headers: Message, *, is_reporting: bool) -> None:
        if not is_reporting:
            return
        if problem := headers["Config-Report-Error"]:
            print(f"report not kept: {problem}", flush=True)
        else:
            print("reported", flush=True)
            self.report = {}

    def _take(self, body: bytes, etag: str) -> bool:
        """Apply the document, or refuse it. Returns whether there is something to report."""
        try:
            self._apply(body)
        except Refused as refusal:
            print(f"refused: {refusal}", flush=True)
            is_known, self._refused = etag == self._refused, etag
            outcome, found = "rejected", refusal.found
        else:
            is_known, self._etag, self._refused = etag == self._etag, etag, ""
            outcome, found = "applied", {}
        if is_known:
            # A proxy has removed the condition of the request.
            return False
        self.report = {"outcome": outcome, "etag": etag.strip('"'), "firmware": self._firmware}
        if self._reports:
            # The first one has no number, since this device has forgotten the last: the service takes it for the newest.
            self.report["n"] = self._reports
        self.report.update(found)
        self._reports += 1
        return True

    def _apply(self, body: bytes) -> None:
        """A board would set its pins here. Raises `Refused`."""
        try:
            configuration: Any = json.loads(body)
        except ValueError:
            raise Refused("not JSON") from None
        brightness = configuration.get("brightness", 0)
        if not isinstance(brightness, int):
            raise Refused("not a whole number", "/brightness")
        if brightness > 100:
            raise Refused(f"{str(brightness)[:20]} > 100", "/brightness")
        print(f"configuration: {json.dumps(configuration)}", flush=True)

    def _later(self, reason: str) -> float:
        self._failures += 1
        # A random part, so that a thousand boards do not retry in the same second.
        pause = min(2.0**self._failures, _LONGEST_PAUSE) * random.uniform(0.5, 1.0)
        print(f"no answer ({reason}), again in {pause:.1f} s", flush=True)
        return pause


def main() -> None:
    """Run a device until interrupted."""
    arguments = argparse.ArgumentParser(description="A simulated device.")
    arguments.add_argument("--mac", required=True, help="its MAC address, as aa:bb:cc:dd:ee:ff")
    arguments.add_argument("--server", default="http://127.0.0.1:8080")
    arguments.add_argument("--broker", default="127.0.0.1")
    arguments.add_argument("--broker-port", type=int, default=1883)
    arguments.add_argument("--token", default="", help="its device token, if the service requires one")
    arguments.add_argument("--firmware", default="1.0.0", help="the version of its firmware, in reports")
    arguments.add_argument(
        "--reports-by-mqtt", action="store_true", help="report by message, and not in a header of a fetch"
    )
    given = arguments.parse_args()

    device = Device(
        given.mac, given.server, given.token, given.firmware, reports_by_mqtt=given.reports_by_mqtt
    )
    # The user of a broker may be named as this topic is, so that it writes to no other one.
    topic = f"iotsupport/devices/{given.mac.replace(':', '')}"
    received: SimpleQueue[bytes] = SimpleQueue()

    def on_connect(client: Client, *_: Any) -> None:
        # At each connection: a restarted broker has no subscriptions.
        client.subscribe(f"iotsupport/devices/{given.mac}/config", qos=1)
        client.publish(f"{topic}/online", "online", qos=1, retain=True)

    def on_message(_client: Client, _data: Any, message: MQTTMessage) -> None:
        # Fetched later: a fetch in this callback would block the connection to the broker.
        received.put(bytes(message.payload))

    client = Client(CallbackAPIVersion.VERSION2)
    client.on_connect = on_connect
    client.on_message = on_message
    # The broker publishes it when the connection is lost.
    client.will_set(f"{topic}/online", "offline", qos=1, retain=True)
    client.connect_async(given.broker, given.broker_port)
    client.loop_start()
    next_fetch = time.monotonic()
    while True:
        try:
            payload = received.get(timeout=max(0.0, next_fetch - time.monotonic()))
        except Empty:
            next_fetch = time.monotonic() + device.fetch()
            if given.reports_by_mqtt and device.report:
                # Retained, so that a service that is away receives it later.
                client.publish(
                    f"{topic}/report", json.dumps(device.report, separators=(",", ":")), qos=1, retain=True
                )
                device.report = {}
        else:
            if device.is_new(payload):
                next_fetch = time.monotonic()


if __name__ == "__main__":
    main()
