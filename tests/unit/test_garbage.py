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
    gc.set_threshold(*thresholds)


def test_a_command_leaves_nothing_to_look_through_at_its_end() -> None:
    """And collects rarely until then."""
    with collected_rarely():
        assert gc.get_threshold() > (10_000, 10, 10)
        made: list[object] = []
    assert not any(each is made for each in gc.get_objects())


def test_what_a_process_loads_is_not_looked_through() -> None:
    """Garbage that it makes later is collected."""
    with loading():
        assert not gc.isenabled()
        loaded: list[object] = []
    assert gc.isenabled()
    assert not any(each is loaded for each in gc.get_objects())
