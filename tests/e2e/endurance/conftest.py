"""Runs a load on a short scale, and judges every invariant but those about speed, which `make faults` judges."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from faults.loads.registry import LOADS
from faults.small_disk import CannotMount
from faults.system import Host


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A PostgreSQL server that loads may break one after another."""
    with Host(tmp_path_factory.mktemp("faults"), seed=1) as host:
        yield host


@pytest.fixture
def expect_held(host: Host) -> Callable[[str], None]:
    """Checks that a load does something, and violates nothing."""

    def run(name: str) -> None:
        try:
            outcome = LOADS[name].run(host, "short")
        except CannotMount as error:
            pytest.skip(f"a small disk needs the right to mount: {error}")

        assert outcome.operations > 0
        assert {} == {v.invariant: v.violations for v in outcome.verdicts if not v.held and not v.is_timed}

    return run
