"""The files together run every load."""

from __future__ import annotations

from faults.loads.registry import LOADS

from . import test_crowds, test_full_disks, test_outages, test_replacements


def test_each_load_runs_in_one_file() -> None:
    """A new load in the registry must be added to a file here."""
    files = (test_crowds, test_full_disks, test_outages, test_replacements)

    assert sorted(LOADS) == sorted(name for file in files for name in file.NAMES)
