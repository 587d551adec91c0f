"""When processes look for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from iotconfig.entrypoints.garbage import collected_rarely, loading


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_a_command_leaves_nothing_to_look_through_at_its_end() -> None:
    """Whether it succeeds or not."""
    with pytest.raises(SystemExit), collected_rarely():
        assert gc.get_threshold() > (10_000, 10, 10)
        raise SystemExit(1)
    assert gc.get_freeze_count() > 0


def test_what_a_process_loads_is_not_looked_through() -> None:
    """Garbage that it makes later is collected."""
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
