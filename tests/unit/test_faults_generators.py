"""Load generators that begin late, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from faults.generators import Generator
from faults.operators import OperatorLoad


def test_a_generator_can_be_stopped_as_soon_as_it_is_entered(tmp_path: Path) -> None:
    """A generator handles a stop signal that is sent immediately, however slowly its process starts."""
    load = OperatorLoad(
        port=1, record=str(tmp_path / "operators.jsonl"), seed=1, writers=1, devices=1, rate=0.001
    )

    with Generator("operators", load) as operators:
        operators.stop()

    assert not operators.is_running()


def test_a_generator_that_does_not_begin(tmp_path: Path) -> None:
    """Its exit raises an error at once, and does not count as a load without operations."""
    with pytest.raises(RuntimeError, match="before it began"):
        Generator("no_such_module", OperatorLoad(port=1, record="", seed=1, writers=1, devices=1)).__enter__()
