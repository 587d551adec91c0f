"""Which devices have changed: also where changes appear behind later ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest
from attrs import define, field

from iotconfig.domain.devices.ports import EvidenceStore
from iotconfig.domain.devices.watching import StateWatch
from iotconfig.domain.mac import MacAddress
from iotconfig.testing.builders import mac


@define
class Changes:
    """The changes of a store, which a test makes appear."""

    rows: dict[int, MacAddress] = field(factory=dict)
    reads: int = 0

    def newest_change(self) -> int:
        return max(self.rows, default=0)

    def changes_after(self, after: int, limit: int) -> Sequence[tuple[int, MacAddress]]:
        self.reads += 1
        return [each for each in sorted(self.rows.items()) if each[0] > after][:limit]


@define
class Scene:
    changes: Changes = field(factory=Changes)
    seconds: float = 0.0

    def watch(self) -> StateWatch:
        return StateWatch(cast("EvidenceStore", self.changes), lambda: self.seconds)


def test_a_change_that_appears_behind_a_later_one_is_seen() -> None:
    """For some seconds, and each once."""
    scene = Scene()
    watch = scene.watch()
    scene.changes.rows = {1: mac(1), 3: mac(3)}
    assert [mac(1), mac(3)] == watch.look()

    scene.seconds = 4
    scene.changes.rows[2] = mac(2)
    assert [mac(2)] == watch.look()
    assert [] == watch.look()

    scene.seconds = 20
    assert [] == watch.look()
    scene.changes.rows[4] = mac(1)
    assert [mac(1)] == watch.look()


def test_what_was_seen_is_not_read_again_and_again() -> None:
    """After some seconds, the watch goes on above it."""
    scene = Scene()
    watch = scene.watch()
    scene.changes.rows = {number: mac(number) for number in range(1, 2_501)}
    assert 2_500 == len(watch.look())
    scene.seconds = 6
    watch.look()
    scene.changes.reads = 0
    assert [] == watch.look()
    assert 1 == scene.changes.reads


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest changes are forgotten first."""
    monkeypatch.setattr("iotconfig.domain.devices.watching._MOST_REMEMBERED", 100)
    scene = Scene()
    watch = scene.watch()
    scene.changes.rows = {number: mac(number) for number in range(1, 1_501)}
    assert 1_500 == len(watch.look())
    assert 100 == len(watch._seen)
    assert [] == watch.look()
