"""The cost of the history: updates per second with and without the revision, through the library on PostgreSQL."""

from __future__ import annotations

import argparse
from unittest import mock

from benchmarks.harness import machine, postgresql, rounds
from benchmarks.writes import WRITERS, rate
from iotconfig import ConfigContent, MacAddress, open_service
from iotconfig.adapters.sql import changes

_CONTENT = '{"deviceName": "Device", "n": %d, "note": "' + "x" * 150 + '"}'


def updates(url: str, seconds: float) -> float:
    with open_service(url) as service:
        ids = []
        for writer in range(WRITERS):
            mac = MacAddress.parse(f"0200000002{writer:02x}")
            # A different content each time, also over rounds: an equal content is not written.
            config, _ = service.configs.put(mac, ConfigContent.parse("{}"))
            ids.append((config.id, config.revision))

        def update(writer: int, number: int) -> None:
            config_id, begun = ids[writer]
            service.configs.update(config_id, ConfigContent.parse(_CONTENT % (begun + number)))

        return rate(update, seconds)


def without_history(url: str, seconds: float) -> float:
    shorter = {
        dialect: {
            key: tuple(statement for statement in statements if statement is not changes._APPEND)
            for key, statements in changes._RECORD[dialect].items()
        }
        for dialect in ("postgresql",)
    }
    with mock.patch.object(changes, "_RECORD", shorter):
        return updates(url, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with postgresql("with_history", "without_history") as (url, other_url):
        medians = rounds(
            {
                "without": lambda: without_history(other_url, given.seconds),
                "with": lambda: updates(url, given.seconds),
            },
            given.rounds,
        )
    print(f"history: {WRITERS} writers; {machine()}")
    print(f"  updates without history    {medians['without']:8,.0f}/s")
    print(f"  updates with history       {medians['with']:8,.0f}/s")
    print(
        f"  cost                       {100 * (1 - medians['with'] / medians['without']):8.1f} %   (at most 25 %)"
    )


if __name__ == "__main__":
    main()
