"""Processor time of composing a document of 1 KB: three layers, folded once, under the own content of many devices.

In a leader's job that composes the documents of a whole fleet anew, this is done for each device.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping

from benchmarks.harness import machine, rounds
from iotconfig import ConfigContent
from iotconfig.domain.documents.composition import Folded, Source, compose
from iotconfig.domain.documents.explanation import Explanation

_COUNT = 2_000
_ROUNDS = 7


def _content(value: Mapping[str, object]) -> ConfigContent:
    return ConfigContent.parse(json.dumps(value))


_FLEET = {
    "wifi": {"ssid": "building", "channel": 6, "psk": "0123456789abcdef"},
    "mqtt": {
        "host": "broker.example",
        "port": 8883,
        "tls": True,
        "topics": {"state": "lamps/state", "set": "lamps/set"},
    },
    "intervals": [10, 20, 30],
}
_MODEL = {
    f"setting{n}": {"value": n, "unit": "ms"} if n % 4 == 0 else f"value {n} of a lamp" for n in range(16)
}
_FLOOR = {"wifi": {"ssid": "floor-3"}, "zone": "3"}
_LAYERS = [
    Source("base", _content(_FLEET), keeps_nulls=True),
    Source("lamp", _content(_MODEL)),
    Source("floor-3", _content(_FLOOR)),
]
_OWN = [
    _content(
        {
            "deviceName": f"Lamp {n}",
            "deviceEntityId": f"light.lamp_{n}",
            "enableOTA": True,
            "mqtt": {"client": f"lamp-{n}"},
            "calibration": {"offset": -1.5, "gain": 1.25},
        }
    )
    for n in range(_COUNT)
]


def _microseconds(work: Callable[[ConfigContent], object]) -> Callable[[], float]:
    """Processor time for each own content."""

    def run() -> float:
        begin = time.process_time()
        for own in _OWN:
            work(own)
        return (time.process_time() - begin) / _COUNT * 1e6

    return run


def main() -> None:
    folded = Folded.of(_LAYERS)
    whole = [folded.under(own).content for own in _OWN]
    size = len(whole[0].text)
    lone = dict(zip(_OWN, whole, strict=True))
    found = rounds(
        {
            "layers folded once": _microseconds(folded.under),
            "layers folded for each device": _microseconds(lambda own: compose(_LAYERS, own)),
            "own content that sets every member": _microseconds(lambda own: folded.under(lone[own])),
            "for comparison: reading the composed text": _microseconds(
                lambda own: ConfigContent.parse(lone[own].text)
            ),
            "explaining all values": _microseconds(lambda own: list(Explanation(_LAYERS, own).members())),
        },
        _ROUNDS,
    )
    print(f"composing {size} bytes of 3 layers and {len(_OWN[0].text)} bytes of own content; {machine()}\n")
    print("| what | µs of processor time | a second |")
    print("| --- | --- | --- |")
    for what, microseconds in found.items():
        print(f"| {what} | {microseconds:.1f} | {1e6 / microseconds:,.0f} |")


if __name__ == "__main__":
    main()
