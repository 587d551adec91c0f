"""Target sizes of pictures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.pictures import MAX_AREA, MAX_SIDE, TargetSize

SIDES = st.integers(1, 20_000)


@pytest.mark.parametrize(
    ("box", "size", "expected"),
    [
        (TargetSize(320, 240), (640, 480), (320, 240)),
        (TargetSize(320, 240), (640, 640), (240, 240)),
        (TargetSize(320, 240), (1000, 100), (320, 32)),
        (TargetSize(320, 240), (100, 1000), (24, 240)),
        (TargetSize(320, 240), (320, 240), (320, 240)),
        (TargetSize(320, 240), (100, 50), (100, 50)),
        (TargetSize(320, 240), (1, 1), (1, 1)),
        (TargetSize(width=100), (400, 1000), (100, 250)),
        (TargetSize(height=100), (1000, 400), (250, 100)),
        (TargetSize(), (400, 300), (400, 300)),
        (TargetSize(), (MAX_SIDE, 10), (MAX_SIDE, 10)),
        (TargetSize(), (2 * MAX_SIDE, 10), (MAX_SIDE, 5)),
        (TargetSize(), (10, 2 * MAX_SIDE), (5, MAX_SIDE)),
        (TargetSize(10, 10), (10_000, 1), (10, 1)),
        (TargetSize(10, 10), (1, 10_000), (1, 10)),
        (TargetSize(3, 3), (7, 5), (3, 2)),
        (TargetSize(1, 1), (5, 5), (1, 1)),
        (TargetSize(MAX_SIDE, MAX_SIDE), (MAX_SIDE, MAX_SIDE), (2048, 2048)),
    ],
    ids=str,
)
def test_a_picture_fits_its_box(box: TargetSize, size: tuple[int, int], expected: tuple[int, int]) -> None:
    """It keeps its aspect ratio, is as large as the box allows, and is never enlarged."""
    assert expected == box.fit(*size)


@given(
    width=SIDES, height=SIDES, most_width=st.none() | st.integers(1, 4096), most_height=st.integers(1, 4096)
)
def test_the_result_is_in_bounds_for_all_sizes(
    width: int, height: int, most_width: int | None, most_height: int
) -> None:
    """Each side has at least one pixel, fits box and picture, and keeps the aspect ratio to half a pixel."""
    fitted = TargetSize(most_width, most_height).fit(width, height)

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
    """The refusal names the side."""
    with pytest.raises(ValidationFailed, match=f"{name} must be a whole number of pixels") as refusal:
        TargetSize(**{name: side})

    assert {"parameter": name} == refusal.value.details


def test_the_box_of_a_turned_picture_is_turned() -> None:
    """Turning twice gives the original box."""
    assert TargetSize(3, 4) == TargetSize(4, 3).turned()
    assert TargetSize(3, None) == TargetSize(3, None).turned().turned()
