"""PNG files of every mode of the format, and the value of each pixel."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from itertools import product

from .pictures import png_chunk, png_of

WIDTH, HEIGHT = 13, 11
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_NAMES = {0: "grey", 2: "RGB", 3: "palette", 4: "grey and alpha", 6: "RGBA"}
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))

Sample = tuple[int, ...]
Rgba = tuple[int, int, int, int]


def png_modes() -> Iterator[tuple[str, bytes, list[Rgba]]]:
    """Name, file, and pixels row by row."""
    for colour, is_transparent, interlaced, has_gamma in product(
        _DEPTHS, (False, True), (False, True), (False, True)
    ):
        if is_transparent and colour > 3:
            continue
        for depth in _DEPTHS[colour]:
            name = f"{_NAMES[colour]} {depth}{', tRNS' * is_transparent}{', interlaced' * interlaced}{', gamma' * has_gamma}"
            yield name, *_picture(colour, depth, is_transparent, interlaced, has_gamma)


def _picture(
    colour: int, depth: int, is_transparent: bool, interlaced: bool, has_gamma: bool
) -> tuple[bytes, list[Rgba]]:
    chance = random.Random(f"{colour} {depth}")  # noqa: S311 - the same in every run
    channels = _CHANNELS[colour]
    samples = [tuple(chance.randrange(1 << depth) for _ in range(channels)) for _ in range(WIDTH * HEIGHT)]
    samples[5] = samples[0]
    # One bit apart from it, in each channel, at both ends of a sample.
    for channel, bit in product(range(channels), (0, depth - 1)):
        near = list(samples[0])
        near[channel] ^= 1 << bit
        samples[20 + 2 * channel + bool(bit)] = tuple(near)
    palette = [
        (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        for _ in range(1 << depth if depth < 9 else 0)
    ]
    alphas = [chance.randrange(256) for _ in range(max(1, len(palette) - 1))]
    chunks = [png_chunk(b"gAMA", struct.pack(">I", 100_000))] if has_gamma else []
    if colour == 3:
        chunks.append(png_chunk(b"PLTE", b"".join(map(bytes, palette))))
    if is_transparent:
        chunks.append(
            png_chunk(b"tRNS", bytes(alphas) if colour == 3 else struct.pack(f">{channels}H", *samples[0]))
        )

    def pixel(sample: Sample) -> Rgba:
        if colour == 3:
            alpha = alphas[sample[0]] if is_transparent and sample[0] < len(alphas) else 255
            return *palette[sample[0]], alpha
        eight = [value >> 8 if depth == 16 else value * 255 // ((1 << depth) - 1) for value in sample]
        if channels == 1 or channels == 2:
            eight = [eight[0]] * 3 + eight[1:]
        if len(eight) == 4:
            return eight[0], eight[1], eight[2], eight[3]
        return eight[0], eight[1], eight[2], 0 if is_transparent and sample == samples[0] else 255

    lines = b"".join(
        _line([samples[y * WIDTH + x] for x in range(left, WIDTH, across)], depth)
        for left, top, across, down in (_PASSES if interlaced else ((0, 0, 1, 1),))
        if left < WIDTH
        for y in range(top, HEIGHT, down)
    )
    file = png_of(WIDTH, HEIGHT, lines, *chunks, depth=depth, colour=colour, interlaced=interlaced)
    return file, [pixel(sample) for sample in samples]


def _line(pixels: list[Sample], depth: int) -> bytes:
    """A scan line without a filter: samples one behind the other, the last byte filled up."""
    bits = "".join(f"{value:0{depth}b}" for pixel in pixels for value in pixel)
    bits += "0" * (-len(bits) % 8)
    return b"\0" + int(bits, 2).to_bytes(len(bits) // 8)
