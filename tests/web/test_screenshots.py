"""The pictures for README and docs: the command that takes them still finds its way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.screenshots.views import SCREENS, VIEWS

_ROOT = Path(__file__).parents[2]


def test_each_screen_has_its_pictures() -> None:
    """In each view; no other picture is left over, and together they stay small."""
    pictures = list((_ROOT / "docs" / "screenshots").iterdir())

    assert {f"{name}-{view}.webp" for name in SCREENS for view in VIEWS} == {path.name for path in pictures}
    assert sum(path.stat().st_size for path in pictures) < 1_200_000


@pytest.mark.timeout(400)
def test_pictures_are_taken(tmp_path: Path) -> None:
    """Of a fleet with devices in several states; nothing sticks out of a screen."""
    command = [sys.executable, "-m", "tests.screenshots", str(tmp_path)]
    subprocess.run(command, cwd=_ROOT, check=True, timeout=300)

    assert len(SCREENS) * len(VIEWS) == len(list(tmp_path.iterdir()))
    with Image.open(tmp_path / "menu-phone.webp") as phone, Image.open(tmp_path / "saving-dark.webp") as dark:
        assert ((390, 844), (1280, 800)) == (phone.size, dark.size)
        # The corner of the page in the dark.
        assert max(dark.convert("RGB").getpixel((1270, 790))) < 64  # type: ignore[arg-type] # three numbers
