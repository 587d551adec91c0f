"""Boxes that pictures are shrunk into, and how many pictures are served at a time."""

from __future__ import annotations

from collections.abc import Mapping
from threading import BoundedSemaphore

import pytest
from attrs import define, frozen
from hypothesis import given
from hypothesis import strategies as st

from iotconfig.domain.errors import ExternalServiceError, TooManyRequests, ValidationFailed
from iotconfig.domain.pictures import MAX_AREA, MAX_SIDE, Box, PictureService

SIDES = st.integers(1, 20_000)


@pytest.mark.parametrize(
    ("box", "size", "expected"),
    [
        (Box(320, 240), (640, 480), (320, 240)),
        (Box(320, 240), (640, 640), (240, 240)),
        (Box(320, 240), (1000, 100), (320, 32)),
        (Box(320, 240), (100, 1000), (24, 240)),
        (Box(320, 240), (320, 240), (320, 240)),
        (Box(320, 240), (100, 50), (100, 50)),
        (Box(320, 240), (1, 1), (1, 1)),
        (Box(width=100), (400, 1000), (100, 250)),
        (Box(height=100), (1000, 400), (250, 100)),
        (Box(), (400, 300), (400, 300)),
        (Box(), (MAX_SIDE, 10), (MAX_SIDE, 10)),
        (Box(), (2 * MAX_SIDE, 10), (MAX_SIDE, 5)),
        (Box(), (10, 2 * MAX_SIDE), (5, MAX_SIDE)),
        (Box(10, 10), (10_000, 1), (10, 1)),
        (Box(10, 10), (1, 10_000), (1, 10)),
        (Box(3, 3), (7, 5), (3, 2)),
        (Box(1, 1), (5, 5), (1, 1)),
        (Box(MAX_SIDE, MAX_SIDE), (MAX_SIDE, MAX_SIDE), (2048, 2048)),
    ],
    ids=str,
)
def test_a_picture_fits_its_box(box: Box, size: tuple[int, int], expected: tuple[int, int]) -> None:
    """It keeps its shape, is as large as the box allows, and is never enlarged."""
    assert expected == box.fit(*size)


@given(
    width=SIDES, height=SIDES, most_width=st.none() | st.integers(1, 4096), most_height=st.integers(1, 4096)
)
def test_whatever_the_sizes_the_result_is_in_bounds(
    width: int, height: int, most_width: int | None, most_height: int
) -> None:
    """At least a pixel each way; neither beyond the box nor beyond the picture; and its shape to half a pixel."""
    fitted = Box(most_width, most_height).fit(width, height)

    assert 1 <= fitted[0] <= min(width, most_width or MAX_SIDE)
    assert 1 <= fitted[1] <= min(height, most_height)
    # Both sides are rounded, each by half a pixel at most.
    assert fitted[0] * fitted[1] <= MAX_AREA + MAX_SIDE
    scale = max(fitted[0] / width, fitted[1] / height)
    assert abs(fitted[0] - width * scale) <= 1 + width / height
    assert abs(fitted[1] - height * scale) <= 1 + height / width


@pytest.mark.parametrize("side", [0, -1, MAX_SIDE + 1, 10**9])
@pytest.mark.parametrize("name", ["width", "height"])
def test_a_side_out_of_bounds_is_refused(name: str, side: int) -> None:
    """The refusal says which side it is about."""
    with pytest.raises(ValidationFailed, match=f"{name} must be a whole number of pixels") as refusal:
        Box(**{name: side})

    assert {"parameter": name} == refusal.value.details


def test_the_box_of_a_turned_picture_is_turned() -> None:
    """Turning twice gives the box back."""
    assert Box(3, 4) == Box(4, 3).turned()
    assert Box(3, None) == Box(3, None).turned().turned()


@frozen
class Same:
    """A converter that leaves everything as it is."""

    def convert(self, file: bytes, box: Box) -> bytes:
        return file + repr((box.width, box.height)).encode()


@define
class Nested:
    """A source that asks for another picture while it fetches one."""

    service: PictureService | None = None
    fails: bool = False

    def fetch(self, url: str, headers: Mapping[str, str]) -> bytes:
        if self.fails:
            raise ExternalServiceError("no")
        return self.service.picture(url, headers, Box()) if self.service else f"{url}{headers}".encode()


def test_a_picture_is_fetched_and_converted() -> None:
    """The source gets URL and headers, the converter what came and the box."""
    service = PictureService(Nested(), Same())

    assert b"u{'a': 'b'}(5, 6)" == service.picture("u", {"a": "b"}, Box(5, 6))


def test_more_pictures_than_places_are_refused() -> None:
    """What is held in memory is bounded; the caller is told when to ask again."""
    source = Nested()
    source.service = PictureService(source, Same(), patience=0.0, places=BoundedSemaphore(2))

    with pytest.raises(TooManyRequests) as refusal:
        source.service.picture("u", {}, Box())

    assert 1 <= refusal.value.retry_after


def test_a_place_is_given_back() -> None:
    """After a success and after a failure."""
    source = Nested()
    service = PictureService(source, Same(), patience=0.0, places=BoundedSemaphore(1))
    for source.fails in (True, False, True, False):
        if source.fails:
            with pytest.raises(ExternalServiceError):
                service.picture("u", {}, Box())
        else:
            assert service.picture("u", {}, Box())
