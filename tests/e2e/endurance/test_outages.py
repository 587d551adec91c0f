"""The database or the broker is unavailable."""

from __future__ import annotations

from collections.abc import Callable

import pytest

NAMES = ("broker-down", "postgres-restarts", "postgres-away")


@pytest.mark.parametrize("name", NAMES)
def test_invariants_hold_under(expect_held: Callable[[str], None], name: str) -> None:
    """No invariant of the load is violated."""
    expect_held(name)
