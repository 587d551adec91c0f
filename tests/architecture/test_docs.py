"""The documentation says what the code does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PAGES = [_ROOT / "README.md", _ROOT / "CONTRIBUTING.md", *sorted((_ROOT / "docs").glob("*.md"))]


def test_the_page_of_settings_is_printed_from_the_settings() -> None:
    """A setting that is added, renamed or gets another default changes the page, or this fails."""
    script = _ROOT / "docs" / "render_settings.py"

    printed = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True).stdout

    assert printed == (_ROOT / "docs" / "settings.md").read_text()


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """A relative link names a file that is there."""
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)[^)]*\)", page.read_text())

    assert [] == [target for target in targets if not (page.parent / target).exists()]


def _named_tests() -> list[str]:
    return sorted(
        {name for page in _PAGES for name in re.findall(r"`(tests/[\w/]+\.py::\w+)`", page.read_text())}
    )


@pytest.mark.parametrize("name", _named_tests())
def test_tests_that_pages_name_exist(name: str) -> None:
    """What a page says is held by a test, is."""
    path, _, function = name.partition("::")

    assert f"\ndef {function}(" in (_ROOT / path).read_text()
