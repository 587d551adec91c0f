"""What it takes to make a large picture small: time, the longest that others wait meanwhile, and memory."""

from __future__ import annotations

import argparse
import statistics
from concurrent.futures import ProcessPoolExecutor
from io import BytesIO
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from tests.support.pictures import smooth

from benchmarks.harness import machine
from iotconfig.adapters.pictures.shrink import PillowPictureConverter
from iotconfig.domain.pictures import Box

KINDS: dict[str, tuple[str, str, dict[str, object], int]] = {
    "JPEG": ("JPEG", "RGB", {"quality": 85}, 1),
    "JPEG, progressive": ("JPEG", "RGB", {"quality": 85, "progressive": True}, 1),
    "PNG": ("PNG", "RGB", {"compress_level": 1}, 1),
    "PNG with alpha": ("PNG", "RGBA", {"compress_level": 1}, 1),
    "GIF": ("GIF", "P", {}, 1),
    "WebP": ("WEBP", "RGB", {"quality": 80, "method": 0}, 2),
}
"""Format, mode, options of the encoder, and by what its sides are divided."""


def file(kind: str, side: int) -> bytes:
    form, mode, options, divisor = KINDS[kind]
    written = BytesIO()
    smooth(mode, side // divisor, side // divisor).save(written, form, **options)
    return written.getvalue()


def measure(data: bytes, box: Box) -> tuple[float, float, float]:
    """Seconds in all, the longest between two turns of others, and megabytes beyond what was there."""
    Path("/proc/self/clear_refs").write_text("5")  # The peak begins anew.
    before = kilobytes("VmRSS")
    turns = [perf_counter()]
    converter = PillowPictureConverter(10**9, 600.0, lambda: turns.append(perf_counter()))
    converter.convert(data, box)
    turns.append(perf_counter())
    waits = [after - earlier for earlier, after in pairwise(turns)]
    return turns[-1] - turns[0], max(waits), (kilobytes("VmHWM") - before) / 1024


def kilobytes(figure: str) -> int:
    """A figure of this process's memory: `getrusage` tells its parent's peak as well."""
    return int(Path("/proc/self/status").read_text().partition(f"{figure}:")[2].split()[0])


def in_a_process(data: bytes, box: Box) -> tuple[float, float, float]:
    """Each in one of its own: a peak of memory is a process's."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(measure, data, box).result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=5000, help="pixels (default 5000; WebP half of it)")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print(machine())
    print(f"{'to 320 x 240 from':41} {'takes':>9} {'others wait':>12} {'memory':>9}")
    for kind, (*_, divisor) in KINDS.items():
        data = file(kind, given.side)
        runs = [in_a_process(data, Box(320, 240)) for _ in range(given.rounds)]
        takes, waits, memory = map(statistics.median, zip(*runs, strict=True))
        side = given.side // divisor
        name = f"{kind}, {side} x {side}, {len(data) / 1e6:.1f} MB"
        print(f"{name:41} {takes * 1000:6.0f} ms {waits * 1000:9.0f} ms {memory:6.0f} MB")


if __name__ == "__main__":
    main()
