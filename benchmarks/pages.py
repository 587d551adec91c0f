"""Time of a page of the list with few and with many configs, and of counting and searching a million."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from time import perf_counter

import psycopg

from benchmarks.harness import machine, postgresql, rounds
from iotconfig import ConfigPage, ConfigQuery, ConfigService, MacAddress, open_service

_FILL = """
    WITH fleet AS (SELECT n, regexp_replace('02' || lpad(to_hex(n), 10, '0'), '(..)(?!$)', '\\1:', 'g') AS mac,
                      'Device ' || n AS name, 'sensor.device_' || n AS entity
               FROM generate_series(0, %s - 1) AS n),
    made AS (INSERT INTO configs (mac_address, content, revision, etag, change, created_at, updated_at)
             SELECT mac, '{"deviceName": "' || name || '"}', 1, '"' || md5(mac) || '"', repeat('0', 16), now(), now() FROM fleet)
    INSERT INTO documents (mac_address, number, etag, device_name, device_entity_id, enable_ota, search_text, layers, rule, body)
    SELECT mac, 1, '"' || md5(mac) || '"', name, entity, n %% 2 = 0,
           mac || chr(31) || lower(name) || chr(31) || entity, '', 1, '{"deviceName": "' || name || '"}'
    FROM fleet
"""


def fill(url: str, count: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_FILL, (count,))
        connection.execute("VACUUM ANALYZE configs, documents")


def milliseconds(find: Callable[[], ConfigPage], times: int) -> float:
    begun = perf_counter()
    for _ in range(times):
        find()
    return (perf_counter() - begun) * 1000 / times


def page(service: ConfigService, number: int | None, **more: object) -> Callable[[], ConfigPage]:
    """The page of 100 after the device with this number; the first page for None."""
    after = None if number is None else MacAddress.parse(f"02{number:010x}")
    options: dict[str, object] = {"limit": 100, "count": False} | more
    query = ConfigQuery(after=after, **options)  # type: ignore[arg-type] # options are named by the callers
    return lambda: service.find(query)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    with ExitStack() as stack:
        urls = stack.enter_context(postgresql("small", "large"))
        for url, count in zip(urls, (given.small, given.large), strict=True):
            fill(url, count)
        small, large = (stack.enter_context(open_service(url)).configs for url in urls)
        medians = rounds(
            {
                "small first": lambda: milliseconds(page(small, None), 20),
                "large first": lambda: milliseconds(page(large, None), 20),
                "small last": lambda: milliseconds(page(small, given.small - 101), 20),
                "large last": lambda: milliseconds(page(large, given.large - 101), 20),
            },
            given.rounds,
        )
        slow = rounds(
            {
                "count": lambda: milliseconds(page(large, None, count=True), 1),
                "search, many matches": lambda: milliseconds(page(large, None, text="device"), 1),
                "search, one match": lambda: milliseconds(
                    page(large, None, text=f"device {given.large - 1}"), 1
                ),
                "search, bare MAC address": lambda: milliseconds(
                    page(large, None, text=f"02{given.large - 1:010x}"), 1
                ),
                "search with count": lambda: milliseconds(page(large, None, text="99", count=True), 1),
            },
            3,
        )
    print(f"pages of 100: {machine()}")
    for place in ("first", "last"):
        one, other = medians[f"small {place}"], medians[f"large {place}"]
        print(
            f"  the {place:5} of {given.small:,} {one:6.2f} ms, of {given.large:,} {other:6.2f} ms:"
            f" {other / one:4.2f}   (at most 1.5)"
        )
    for name, figure in slow.items():
        print(f"  {name:24} of {given.large:,} {figure:8.1f} ms")


if __name__ == "__main__":
    main()
