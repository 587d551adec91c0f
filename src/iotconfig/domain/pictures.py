"""Pictures for small displays: fetched over HTTP, shrunk, and converted to the display's format."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Final, Protocol

from attrs import Attribute, field, frozen

from .errors import TooManyRequests, ValidationFailed

MAX_SIDE: Final = 4096
"""The longest side of a converted picture, in pixels."""

MAX_AREA: Final = 2048 * 2048
"""The most pixels of a converted picture: 16 MiB at four bytes each."""

AT_ONCE: Final = 8
"""The number of pictures that a process fetches and converts at a time."""

HELD_BYTES: Final = 64 * 1024 * 1024
"""The memory for converted pictures of a process that wait to be sent, in bytes."""

RETRY_AFTER: Final = 2
"""Seconds after which a refused client may try again."""


def _check_side(_box: object, attribute: Attribute[int | None], side: int | None) -> None:
    if side is not None and not 1 <= side <= MAX_SIDE:
        raise ValidationFailed(
            f"The {attribute.name} must be a whole number of pixels from 1 to {MAX_SIDE}.",
            parameter=attribute.name,
        )


@frozen
class TargetSize:
    """The size that a picture has to fit into, in pixels. A side of None is limited by `MAX_SIDE` only.

    Raises `ValidationFailed` for a side that is not from 1 to `MAX_SIDE`.
    """

    width: int | None = field(default=None, validator=_check_side)
    height: int | None = field(default=None, validator=_check_side)

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """Return the largest size at which a picture fits: same aspect ratio, never enlarged.

        Each side is at least one pixel, and both together are at most `MAX_AREA`.
        """
        most_width, most_height = self.width or MAX_SIDE, self.height or MAX_SIDE
        scale = min(1.0, most_width / width, most_height / height, sqrt(MAX_AREA / (width * height)))
        return _scaled(width, scale, most_width), _scaled(height, scale, most_height)

    def turned(self) -> TargetSize:
        """Return the target for a picture that is rotated by 90° afterwards."""
        return TargetSize(self.height, self.width)


def _scaled(side: int, scale: float, most: int) -> int:
    return max(1, min(most, int(side * scale + 0.5)))


class PictureSource(Protocol):
    """Fetches pictures."""

    def fetch(self, url: str, headers: Mapping[str, str]) -> bytes:
        """Return the whole file at `url`, an http or https URL, requested with these headers.

        The source bounds time and size. Raises `ValidationFailed` for a URL that is
        invalid or not allowed, and `ExternalServiceError` where fetching fails.
        """
        ...


class PictureConverter(Protocol):
    """Converts picture files to the display's format."""

    def convert(self, file: bytes, box: TargetSize) -> bytes:
        """Return the converted picture, shrunk to fit `box`.

        Raises `Unprocessable` where the file cannot be decoded, and `TooManyRequests`
        where the wait for a decoder takes too long.
        """
        ...


class Picture(Protocol):
    """A picture in the display's format, which occupies memory until it is closed or garbage-collected."""

    @property
    def content(self) -> bytes:
        """The converted picture."""
        ...

    def close(self) -> None:
        """Release its memory, once it was sent or cannot be. Idempotent."""
        ...


class PictureMemory(Protocol):
    """The memory for pictures that wait to be sent: the bound on what slow clients can occupy."""

    def hold(self, content: bytes) -> Picture | None:
        """Return a picture that occupies memory; None where it does not fit."""
        ...


class Slots(Protocol):
    """The number of pictures that are fetched and converted at a time."""

    def acquire(self, *, timeout: float) -> bool:
        """Take a slot, and return True; False where none gets free within `timeout` seconds."""
        ...

    def release(self) -> None:
        """Give a slot back."""
        ...


@frozen
class PictureService:
    """Fetches and converts pictures, a few at a time, and bounds the memory of those that wait to be sent.

    The two bounds are separate, so that clients that read slowly do not block conversions for others.
    """

    source: PictureSource
    converter: PictureConverter
    slots: Slots
    memory: PictureMemory
    patience: float = 10.0
    """Seconds to wait for a free slot."""

    def picture(self, url: str, headers: Mapping[str, str], box: TargetSize) -> Picture:
        """Return the converted picture at `url`. The caller closes it after sending it.

        Raises as `PictureSource.fetch` and `PictureConverter.convert` do, and
        `TooManyRequests` where all slots are busy, or the memory budget is used up.
        """
        if not self.slots.acquire(timeout=self.patience):
            raise TooManyRequests("Too many pictures are requested at once: try again.", RETRY_AFTER)
        try:
            picture = self.memory.hold(self.converter.convert(self.source.fetch(url, headers), box))
        finally:
            self.slots.release()
        if picture is None:
            raise TooManyRequests("Too many converted pictures wait to be sent: try again.", RETRY_AFTER)
        return picture


class PictureUseCases(Protocol):
    """The use case of `PictureService`; its docstring is the contract."""

    def picture(self, url: str, headers: Mapping[str, str], box: TargetSize) -> Picture:
        """Return the converted picture at `url`."""
        ...
