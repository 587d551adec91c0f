"""A tree of files, read and compared with the fleet."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from iotconfig.domain.configs.bulk import BulkRefusal
    from iotconfig.domain.planning.difference import Difference
    from iotconfig.domain.planning.plan import Plan
    from iotconfig.domain.planning.tree import Tree

    from .runtime import Services


@frozen
class PlannedTree:
    """A tree, the plan for it, and what prevents the plan."""

    tree: Tree
    plan: Plan
    refused: list[BulkRefusal]
    left_out: Sequence[str]

    @property
    def differences(self) -> Sequence[Difference]:
        """The differences of the plan."""
        return self.plan.differences


def planned_tree(services: Services, directory: Path, *, prunes: bool) -> PlannedTree:
    """Read a tree, compare it with the fleet, and ask the store whether it would take the differences.

    Where files are refused, the store is not asked: the tree lacks what they say.
    """
    from iotconfig.adapters.fleet_files.tree_reading import TreeReading
    from iotconfig.domain.planning.applying import check_plan
    from iotconfig.domain.planning.fleet import read_fleet
    from iotconfig.domain.planning.plan import plan_of

    reading = TreeReading(directory, services.max_content_bytes)
    with collecting_rarely():
        tree = reading.read()
        plan = plan_of(tree, read_fleet(services), prunes=prunes and not reading.refused)
        refused = reading.refused or [*check_plan(services, tree, plan)]
    return PlannedTree(tree, plan, refused, reading.left_out)


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Collect garbage rarely: records leave no cycles, and collecting took a sixth of the time of an import (measured)."""
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
