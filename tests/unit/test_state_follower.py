"""The job that follows the change log with the stored states, over scripted ports."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

import pytest
from attrs import define, field

from iotconfig.adapters.memory import MemoryStore
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.devices.following import AT_ONCE, Progress, StateFollower
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.domain.jobs.ports import Wait
from iotconfig.domain.mac import MacAddress
from iotconfig.testing.builders import content, mac

from .relay_ports import ManualClock, SwitchedLease


@define
class States:
    """Stored states that note what they are asked to do."""

    at: Progress | None = field(factory=lambda: Progress(0, None))
    known: list[MacAddress] = field(factory=list)
    """Devices that a sweep finds."""
    late: list[MacAddress] = field(factory=list)
    """Devices that may have become overdue."""
    refreshed: list[list[MacAddress]] = field(factory=list)
    restarts: int = 0
    compactions: int = 0
    is_away: bool = False

    def progress(self) -> Progress | None:
        if self.is_away:
            raise StoreUnavailable("The database is away.")
        return self.at

    def restart(self) -> None:
        self.restarts += 1
        self.at = Progress(0, "")

    def unswept(self, after: str, limit: int) -> Sequence[MacAddress]:
        return [each for each in self.known if str(each) > after][:limit]

    def silent(self, now: datetime, limit: int) -> Sequence[MacAddress]:
        return self.late[:limit]

    def refresh(self, mac_addresses: Sequence[MacAddress], now: datetime, progress: Progress | None) -> None:
        self.refreshed.append([*mac_addresses])
        self.at = progress or self.at
        self.late = []

    def compact(self) -> None:
        self.compactions += 1


@define
class Scene:
    """A follower of a store in memory."""

    states: States = field(factory=States)
    store: MemoryStore = field(factory=MemoryStore)
    lease: SwitchedLease = field(factory=SwitchedLease)
    clock: ManualClock = field(factory=ManualClock)
    follower: StateFollower = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.follower = StateFollower(self.store, self.states, self.lease, self.clock)

    def create(self, *numbers: int) -> None:
        for number in numbers:
            ConfigService(self.store, self.clock).create(mac(number), content())


def test_it_refreshes_what_has_changed_and_notes_how_far_it_is() -> None:
    """Each second; nothing is written where nothing has changed."""
    scene = Scene()
    assert Wait(1.0) == scene.follower.run_once()
    scene.create(1, 2)
    assert Wait(1.0) == scene.follower.run_once()
    assert Wait(1.0) == scene.follower.run_once()

    assert [[mac(1), mac(2)]] == scene.states.refreshed
    assert Progress(2, None) == scene.states.at


def test_it_goes_through_all_devices_once() -> None:
    """After a restart, in batches, with a short pause in which others can write; changes meanwhile are followed, too."""
    scene = Scene(States(None, [mac(number) for number in range(AT_ONCE + 1)]))
    scene.create(9_999)
    waits = [scene.follower.run_once() for _ in range(5)]

    assert [Wait(0.02), Wait(0.02), Wait(0.02), Wait(1.0), Wait(1.0)] == waits
    assert (1, Progress(1, None)) == (scene.states.restarts, scene.states.at)
    assert [AT_ONCE + 1, 1, 0] == [len(batch) for batch in scene.states.refreshed]


def test_it_starts_again_where_changes_were_pruned() -> None:
    """There is a gap above the last change that it followed."""
    scene = Scene()
    scene.create(1, 2, 3)
    scene.clock.advance(8 * 86_400)
    scene.store.prune_changes(scene.clock(), 10)
    assert Wait(0.02) == scene.follower.run_once()
    assert 1 == scene.states.restarts


def test_it_looks_at_devices_that_are_silent() -> None:
    """Without a change, too."""
    scene = Scene(States(late=[mac(5)]))
    assert Wait(1.0) == scene.follower.run_once()
    assert [[mac(5)]] == scene.states.refreshed


def test_without_the_lease_it_stands_by() -> None:
    """Another follower is active. The end gives the lease back."""
    scene = Scene()
    scene.create(1)
    scene.lease.available = False
    assert Wait(1.0) == scene.follower.run_once()
    assert [] == scene.states.refreshed

    scene.lease.available = True
    scene.follower.run_once()
    assert [[mac(1)]] == scene.states.refreshed
    scene.follower.close()
    assert scene.lease.released


def test_a_database_that_is_away_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """It goes on by itself."""
    scene = Scene()
    scene.states.is_away = True
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert Wait(1.0) == scene.follower.run_once()
    assert ["states: The database is away."] == [each.getMessage() for each in caplog.records]

    scene.states.is_away = False
    scene.create(1)
    scene.follower.run_once()
    assert [[mac(1)]] == scene.states.refreshed


def test_counts_are_added_up_now_and_then() -> None:
    """Every thirty steps."""
    scene = Scene()
    for _ in range(61):
        scene.follower.run_once()
    assert 2 == scene.states.compactions
