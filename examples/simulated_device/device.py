"""A simulated ESP32: fetches its document, and fetches it again after each message about a change.

    python device.py --mac 02:00:00:00:00:01 --server http://127.0.0.1:8080 --broker 127.0.0.1

The device's side of iotconfig, for trying a service without a board. The sketch in
`examples/esp32` does more: it stores its document, and refuses one that it cannot apply. Needs paho-mqtt.
"""

from __future__ import annotations

import argparse
import json
import random
import time
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


class Device:
    """One board: it has a document and its ETag."""

    def __init__(self, mac: str, server: str, token: str = "") -> None:
        self._url = f"{server}/api/configs/{mac}.json"
        self._token = token
        self._etag = ""
        self._failures = 0

    def is_new(self, payload: bytes) -> bool:
        """Whether a message names another document than the present one.

        An empty message means that the config was deleted. The device keeps its document, since
        a deletion is often a mistake that is soon corrected.
        """
        return payload != b"" and json.loads(payload)["etag"] != self._etag

    def fetch(self) -> float:
        """Fetch the document. Returns the seconds until the next fetch."""
        request = Request(self._url)
        if self._etag:
            request.add_header("If-None-Match", self._etag)
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urlopen(request, timeout=10) as answer:
                self._apply(json.load(answer))
                self._etag = answer.headers["ETag"]
        except HTTPError as error:
            if error.code == 304:
                print("unchanged", flush=True)
            elif error.code in (404, 410):
                print("no configuration yet", flush=True)
            else:
                return self._later(f"answer {error.code}")
        except (HTTPException, URLError, OSError, ValueError) as error:
            return self._later(str(error))
        self._failures = 0
        return _LOOK_ANYWAY

    def _apply(self, configuration: Any) -> None:
        """A board would set its pins here."""
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
    given = arguments.parse_args()

    device = Device(given.mac, given.server, given.token)
    received: SimpleQueue[bytes] = SimpleQueue()

    def on_connect(client: Client, *_: Any) -> None:
        # At each connection: a restarted broker has no subscriptions.
        client.subscribe(f"iotsupport/devices/{given.mac}/config", qos=1)

    def on_message(_client: Client, _data: Any, message: MQTTMessage) -> None:
        # Fetched later: a fetch in this callback would block the connection to the broker.
        received.put(bytes(message.payload))

    client = Client(CallbackAPIVersion.VERSION2)
    client.on_connect = on_connect
    client.on_message = on_message
    client.connect_async(given.broker, given.broker_port)
    client.loop_start()
    next_fetch = time.monotonic()
    while True:
        try:
            payload = received.get(timeout=max(0.0, next_fetch - time.monotonic()))
        except Empty:
            next_fetch = time.monotonic() + device.fetch()
        else:
            if device.is_new(payload):
                next_fetch = time.monotonic()


if __name__ == "__main__":
    main()
