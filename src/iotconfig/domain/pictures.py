"""Pictures for small displays: fetched from elsewhere, shrunk, and put into the form that the display draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import sqrt
from threading import BoundedSemaphore
from typing import Final, Protocol
from weakref import finalize

from attrs import Attribute, field, frozen

from .errors import TooManyRequests, ValidationFailed

MAX_SIDE: Final = 4096
"""Pixels that a side of an answer may have."""

MAX_AREA: Final = 2048 * 2048
"""Pixels that an answer may have in all: 16 MiB at four bytes each."""

AT_ONCE: Final = 8
"""Pictures that a service fetches and converts at a time, unless it is told otherwise."""

HELD_BYTES: Final = 64 * 1024 * 1024
"""Bytes of converted pictures that a service holds until they are sent, unless it is told otherwise."""

RETRY_AFTER: Final = 2
"""Seconds after which who was sent away may ask again."""


def _check_side(_box: object, attribute: Attribute[int | None], side: int | None) -> None:
    if side is not None and not 1 <= side <= MAX_SIDE:
        raise ValidationFailed(
            f"The {attribute.name} must be a whole number of pixels from 1 to {MAX_SIDE}.",
            parameter=attribute.name,
        )


@frozen
class TargetSize:
    """What a picture has to fit into, in pixels; a side that is None is as long as an answer may be.

    Raises `ValidationFailed` for a side that is not from 1 to `MAX_SIDE`.
    """

    width: int | None = field(default=None, validator=_check_side)
    height: int | None = field(default=None, validator=_check_side)

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """The size at which a picture of this size fits, its shape kept; never larger than it is.

        Each side is at least one pixel, and both together are at most `MAX_AREA`.
        """
        most_width, most_height = self.width or MAX_SIDE, self.height or MAX_SIDE
        scale = min(1.0, most_width / width, most_height / height, sqrt(MAX_AREA / (width * height)))
        return _scaled(width, scale, most_width), _scaled(height, scale, most_height)

    def turned(self) -> TargetSize:
        """The box for a picture that is turned by a quarter afterwards."""
        return TargetSize(self.height, self.width)


def _scaled(side: int, scale: float, most: int) -> int:
    return max(1, min(most, int(side * scale + 0.5)))


class PictureSource(Protocol):
    """Where pictures come from."""

    def fetch(self, url: str, headers: Mapping[str, str]) -> bytes:
        """The file at `url`, an http or https URL, asked for with these headers.

        It comes whole, or not at all, within bounds of time and size that the
        source sets. Raises `ValidationFailed` for a URL that is none, or that may
        not be fetched from, `ExternalServiceError` where fetching fails.
        """
        ...


class PictureConverter(Protocol):
    """Makes of a picture's file what a display draws."""

    def convert(self, file: bytes, box: TargetSize) -> bytes:
        """The picture, shrunk into the box.

        Raises `Unprocessable` where it cannot be read, and `TooManyRequests`
        where others are ahead for too long.
        """
        ...


class Picture:
    """A picture as a display draws it. It takes room until it is closed, or nobody has it any more."""

    def __init__(self, content: bytes, let_go: Callable[[], object]) -> None:
        self.content = content
        self._let_go = finalize(self, let_go)

    def close(self) -> None:
        """Give its room to others, when it was sent or cannot be; more than once does no harm."""
        self._let_go()


@frozen
class MemoryBudget:
    """Room for pictures that wait to be sent: slow readers may take all of it, and no more."""

    size: int = HELD_BYTES
    """Bytes."""
    _taken: dict[object, int] = field(factory=dict, init=False, repr=False)

    def hold(self, content: bytes) -> Picture | None:
        """The picture, in room of its own; None where there is none for it."""
        # Each step on the dictionary is whole. A lock would not do: the garbage collector
        # lets go of pictures as well, at any moment, also while this thread had it.
        key = object()
        self._taken[key] = len(content)
        if sum(self._taken.values()) > self.size:
            del self._taken[key]
            return None
        return Picture(content, partial(self._taken.pop, key, None))


@frozen
class PictureService:
    """Fetches and converts pictures, a few at a time, and holds those that wait to be sent, within bounds.

    Two bounds, so that who reads slowly does not keep others from being served.
    """

    source: PictureSource
    converter: PictureConverter
    patience: float = 10.0
    """Seconds to wait while others are served."""
    _places: BoundedSemaphore = field(factory=lambda: BoundedSemaphore(AT_ONCE), alias="places")
    _room: MemoryBudget = field(factory=MemoryBudget, alias="room")

    def picture(self, url: str, headers: Mapping[str, str], box: TargetSize) -> Picture:
        """The picture at `url`, as a display draws it; to be closed by the caller when it was sent.

        Raises what `PictureSource.fetch` and `PictureConverter.convert` do, and
        `TooManyRequests` where too many others are served, or have not read theirs yet.
        """
        if not self._places.acquire(timeout=self.patience):
            raise TooManyRequests("Too many pictures are asked for at once: try again.", RETRY_AFTER)
        try:
            picture = self._room.hold(self.converter.convert(self.source.fetch(url, headers), box))
        finally:
            self._places.release()
        if picture is None:
            raise TooManyRequests("Too many pictures wait to be read: try again.", RETRY_AFTER)
        return picture
