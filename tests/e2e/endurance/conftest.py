"""Runs a load on a short scale, and checks every invariant except those about speed, which `make faults` checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from faults.loads.registry import LOADS
from faults.small_disk import CannotMount
from faults.system import Host


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A PostgreSQL server that loads break one after another."""
    with Host(tmp_path_factory.mktemp("faults"), seed=1) as host:
        yield host


@pytest.fixture
def expect_held(host: Host) -> Callable[[str], None]:
    """Checks that a load performs operations, and violates no invariant."""

    def run(name: str) -> None:
        try:
            outcome = LOADS[name].run(host, "short")
        except CannotMount as error:
            pytest.skip(f"a small disk needs the right to mount: {error}")

        assert outcome.operations > 0
        assert {} == {v.invariant: v.violations for v in outcome.verdicts if not v.held and not v.is_timed}

    return run
