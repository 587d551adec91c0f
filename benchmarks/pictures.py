"""Pictures: their time, the longest time that the worker's event loop is blocked, and memory of a decoder.

Large pictures of each kind, and small files that keep decoders busy. The loop is gevent's, as in a
worker: another greenlet looks at the clocks every millisecond.
"""

from __future__ import annotations

# As in a worker: before all other imports.
from gevent import monkey

monkey.patch_all()

# ruff: noqa: E402 - patched first, as above
import argparse
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import gevent
from attrs import define
from tests.support.pictures import smooth, worst_of_all

from benchmarks.harness import machine
from iotconfig.adapters.pictures.decoder_pool import DecoderPool
from iotconfig.adapters.pictures.decoder_protocol import Limits
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.pictures import TargetSize

KINDS: dict[str, tuple[str, str, dict[str, object], int]] = {
    "JPEG": ("JPEG", "RGB", {"quality": 85}, 1),
    "JPEG, progressive": ("JPEG", "RGB", {"quality": 85, "progressive": True}, 1),
    "PNG": ("PNG", "RGB", {"compress_level": 1}, 1),
    "PNG with alpha": ("PNG", "RGBA", {"compress_level": 1}, 1),
    "GIF": ("GIF", "P", {}, 1),
    "WebP": ("WEBP", "RGB", {"quality": 80, "method": 0}, 2),
}
"""Format, mode, options of the encoder, and the divisor of its sides."""


def file(kind: str, side: int) -> bytes:
    form, mode, options, divisor = KINDS[kind]
    written = BytesIO()
    smooth(mode, side // divisor, side // divisor).save(written, form, **options)
    return written.getvalue()


@define
class Held:
    """Measures the longest time that the loop was blocked, in seconds of wall-clock and processor time."""

    clock: float = 0.0
    processor: float = 0.0

    def watch(self) -> None:
        clock, processor = time.perf_counter(), time.thread_time()
        while True:
            gevent.sleep(0.001)
            now, used = time.perf_counter(), time.thread_time()
            self.clock, self.processor = max(self.clock, now - clock), max(self.processor, used - processor)
            clock, processor = now, used


@contextmanager
def watched() -> Iterator[Held]:
    held = Held()
    watcher = gevent.spawn(held.watch)
    try:
        gevent.sleep(0.01)
        yield held
    finally:
        watcher.kill()


def measure(data: bytes, box: TargetSize, side: int, seconds: float) -> tuple[float, Held, float, str]:
    """Returns the seconds, the times that the loop was blocked, megabytes of the decoder, and the result.

    The process is new each time: its peak of memory is its own.
    """
    pool = DecoderPool(Limits(side * side, len(data), seconds), pictures=2)
    outcome = "read"
    with watched() as held:
        pool.convert(file("JPEG", 100), box)
        began = time.perf_counter()
        peak = gevent.spawn(peak_of, pool._idle[-1].process.pid)
        try:
            pool.convert(data, box)
        except IotConfigError as refusal:
            outcome = str(refusal).removeprefix("The picture cannot be read: ").rstrip(".")
        took = time.perf_counter() - began
    pool.close()
    return took, held, peak.get() / 1024, outcome


def peak_of(pid: int) -> float:
    """The last known peak of a process's memory in kilobytes."""
    found = 0.0
    while True:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
            found = float(status.partition("VmHWM:")[2].split()[0])
        except (OSError, IndexError):
            return found
        gevent.sleep(0.02)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=5000, help="pixels (default 5000; WebP half of it)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="what a picture may take")
    given = parser.parse_args()
    print(machine())
    print(f"{'to 320 x 240 from':40} {'takes':>8} {'loop held (processor)':>22} {'decoder':>8}")
    pictures = {f"{kind} of {given.side // KINDS[kind][3]} squared": file(kind, given.side) for kind in KINDS}
    for name, data in (pictures | worst_of_all(given.side)).items():
        runs = [measure(data, TargetSize(320, 240), given.side, given.seconds) for _ in range(given.rounds)]
        takes = statistics.median(run[0] for run in runs)
        memory = statistics.median(run[2] for run in runs)
        clock, processor = (
            max(run[1].clock for run in runs) * 1000,
            max(run[1].processor for run in runs) * 1000,
        )
        label = f"{name}, {len(data) / 1e3:,.0f} KB"
        print(
            f"{label:40} {takes * 1000:5.0f} ms {clock:9.0f} ms ({processor:3.0f} ms) {memory:5.0f} MB"
            f"  {runs[0][3]}",
            flush=True,
        )


if __name__ == "__main__":
    main()
