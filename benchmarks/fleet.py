"""Import and export of many configs: records per second, a bare COPY of the same rows, and memory."""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

import psycopg
from tests.support.serving import COMMAND, environment

from benchmarks.harness import machine, postgresql, rounds

_CONTENT = (
    '{"deviceName": "Device %06d", "deviceEntityId": "sensor.device_%06d", "enableOTA": true, '
    '"wifi": {"ssid": "building", "channel": 6}, "intervals": [10, 20, 30], "note": "%s"}'
)
_NOTE = "x" * 40


def records(count: int) -> Iterator[tuple[str, str]]:
    """MAC addresses and contents of about 200 bytes."""
    return map(record, range(count))


def record(number: int) -> tuple[str, str]:
    """The record of this number, from 0."""
    digits = f"02{number:010x}"
    mac = ":".join(digits[i : i + 2] for i in range(0, 12, 2))
    return mac, _CONTENT % (number, number, _NOTE)


def write(path: Path, count: int) -> None:
    with path.open("w") as file:
        for mac, content in records(count):
            file.write(f'{{"mac_address": "{mac}", "content": {content}}}\n')


def run(url: str, *arguments: str) -> tuple[float, float]:
    """The seconds from start to end of a command, and its peak of resident memory in MB."""
    begun = perf_counter()
    peak = 0.0
    with subprocess.Popen(
        [COMMAND, *arguments], env=environment(url), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        # The kernel's own peak, which only grows; that of `wait4` would count the pages of this process, too.
        while process.poll() is None:
            peak = max(peak, _peak(process.pid))
            sleep(0.02)
    assert process.returncode == 0, arguments
    return perf_counter() - begun, peak


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in [*status.splitlines(), "VmHWM: 0"] if "VmHWM" in line)


def copy(url: str, count: int) -> float:
    """The seconds of a COPY of the same, prepared rows into a table without an index."""
    rows = list(records(count))
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS bare")
        connection.execute("CREATE TABLE bare (mac_address varchar(17), content text)")
        begun = perf_counter()
        with connection.cursor().copy("COPY bare FROM STDIN") as copying:
            for row in rows:
                copying.write_row(row)
        connection.commit()
        return perf_counter() - begun


def empty(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "TRUNCATE configs, documents, revision_counters, revisions, changes, notifications RESTART IDENTITY"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=1_000_000, help="0 to leave it out")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    memory: dict[str, float] = {}

    def note(name: str, measured: tuple[float, float]) -> float:
        seconds, megabytes = measured
        memory[name] = max(megabytes, memory.get(name, 0))
        return seconds

    with postgresql("fleet", "bare") as (url, bare_url), TemporaryDirectory() as directory:
        source, target = Path(directory) / "fleet.ndjson", Path(directory) / "out.ndjson"
        write(source, given.records)

        def load() -> float:
            empty(url)
            return note("import", run(url, "import", str(source)))

        medians = rounds(
            {
                "copy": lambda: copy(bare_url, given.records),
                "import": load,
                "again": lambda: note("again", run(url, "import", str(source))),
                "export": lambda: note("export", run(url, "export", str(target))),
            },
            given.rounds,
        )
        assert source.read_bytes() == target.read_bytes()
        print(
            f"fleet: {given.records:,} records of {source.stat().st_size // given.records} bytes; {machine()}"
        )
        print(f"  bare COPY                  {medians['copy']:8.2f} s")
        for name, about in (("import", "import, empty database"), ("again", "import, all the same")):
            rate = given.records / medians[name]
            print(
                f"  {about:25} {medians[name]:8.2f} s  {rate:10,.0f} records/s   (at least 20,000)"
                f"  {medians[name] / medians['copy']:5.1f} x COPY  {memory[name]:4.0f} MB (below 150)"
            )
        rate = given.records / medians["export"]
        print(
            f"  export                    {medians['export']:8.2f} s  {rate:10,.0f} records/s   (at least 50,000)"
            f"  {memory['export']:18.0f} MB"
        )
        if given.large:
            write(source, given.large)
            empty(url)
            seconds, megabytes = run(url, "import", str(source))
            rate = given.large / seconds
            print(
                f"  import of {given.large:,}       {seconds:8.2f} s  {rate:10,.0f} records/s  {megabytes:4.0f} MB (below 150)"
            )
            seconds, megabytes = run(url, "export", str(target))
            rate = given.large / seconds
            print(
                f"  export of {given.large:,}       {seconds:8.2f} s  {rate:10,.0f} records/s  {megabytes:4.0f} MB"
            )


if __name__ == "__main__":
    main()
