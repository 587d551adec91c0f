"""Boot storms, many writers of one device, invented boards, and slow clients."""

from __future__ import annotations

from collections.abc import Callable

import pytest

NAMES = ("boot-storm", "boot-storm-with-tokens", "fifty-writers", "new-boards", "slow-clients")


@pytest.mark.parametrize("name", NAMES)
def test_invariants_hold_under(expect_held: Callable[[str], None], name: str) -> None:
    """No invariant of the load is violated."""
    expect_held(name)
