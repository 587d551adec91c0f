"""Processes are killed, or replaced by a reload."""

from __future__ import annotations

from collections.abc import Callable

import pytest

NAMES = ("kills", "messages", "reports", "soak")


@pytest.mark.parametrize("name", NAMES)
def test_invariants_hold_under(expect_held: Callable[[str], None], name: str) -> None:
    """No invariant of the load is violated."""
    expect_held(name)
