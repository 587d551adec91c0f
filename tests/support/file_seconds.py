"""How long each file of tests takes, so that the longest begin first: begun last, one would keep a single worker busy.

`make seconds` measures all files again, and writes `tests/seconds.txt`. A file that is not listed is a short one.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Final

import pytest

_TESTS: Final = Path(__file__).parents[1]
_LISTED: Final = _TESTS / "seconds.txt"
_SHORT: Final = 1
"""Files below this many seconds are not listed."""


def longest_first(items: list[pytest.Item]) -> None:
    """Sort tests by the seconds of their file; those of short files stay as they are, at the end."""
    pairs = (line.split() for line in _LISTED.read_text().splitlines())
    seconds = {_TESTS / name: int(figure) for figure, name in pairs}
    items.sort(key=lambda item: -seconds.get(item.path, 0))


class FileSeconds:
    """A plugin that adds up the durations of the tests of each file, and writes them at the end."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid.partition("::")[0]] += report.duration

    def pytest_sessionfinish(self) -> None:
        root = _TESTS.parent
        longest = sorted(self._seconds.items(), key=lambda found: -found[1])
        lines = [
            f"{round(seconds):4} {(root / name).relative_to(_TESTS)}\n"
            for name, seconds in longest
            if seconds > _SHORT
        ]
        _LISTED.write_text("".join(lines))
