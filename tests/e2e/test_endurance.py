"""The endurance suite on a short scale: every invariant but those about speed, which `make faults` judges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from faults.loads.registry import LOADS
from faults.small_disk import CannotMount
from faults.system import Host


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A PostgreSQL server that loads may break one after another."""
    with Host(tmp_path_factory.mktemp("faults"), seed=1) as site:
        yield site


@pytest.mark.parametrize("name", LOADS)
def test_invariants_hold_under(site: Host, name: str) -> None:
    """A load does something, and violates nothing."""
    try:
        outcome = LOADS[name].run(site, "short")
    except CannotMount as error:
        pytest.skip(f"a small disk needs the right to mount: {error}")

    assert outcome.operations > 0
    assert {} == {v.invariant: v.violations for v in outcome.verdicts if not v.held and not v.is_timed}
