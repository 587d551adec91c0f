"""The job that follows the change log with the stored states, over scripted ports."""

from __future__ import annotations

import logging
from datetime import datetime

import pytest
from attrs import define, evolve, field

from iotconfig.domain.devices.following import AT_ONCE, Progress, StateFollower
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.domain.jobs.ports import Wait

from .relay_ports import ManualClock, SwitchedLease


@define
class States:
    """Stored states of a scripted log, which note what they are asked to do."""

    at: Progress | None = field(factory=lambda: Progress(0, None))
    newest: int = 0
    """The position of the newest change."""
    oldest: int = 1
    known: int = 0
    """Devices that a sweep finds; the place of one stands for its MAC address."""
    late: int = 0
    """Devices that may have become overdue."""
    done: list[tuple[str, int]] = field(factory=list)
    restarts: int = 0
    compactions: int = 0
    is_away: bool = False

    def progress(self) -> Progress | None:
        if self.is_away:
            raise StoreUnavailable("The database is away.")
        return self.at

    def restart(self) -> None:
        self.restarts += 1
        self.at = Progress(self.newest, "")

    def follow(self, progress: Progress, limit: int, now: datetime) -> Progress | None:
        if progress.position + 1 < self.oldest:
            return None
        self.at = evolve(progress, position=min(self.newest, progress.position + limit))
        return self._note("changes", self.at.position - progress.position)

    def sweep(self, progress: Progress, limit: int, now: datetime) -> Progress:
        swept = int(progress.swept_to or 0)
        reached = min(self.known, swept + limit)
        self.at = evolve(progress, swept_to=str(reached) if reached > swept else None)
        return self._note("swept", reached - swept)

    def expire(self, limit: int, now: datetime) -> int:
        expired = min(self.late, limit)
        self.late -= expired
        self._note("expired", expired)
        return expired

    def compact(self) -> None:
        self.compactions += 1

    def _note(self, what: str, count: int) -> Progress:
        if count:
            self.done.append((what, count))
        assert self.at is not None
        return self.at


@define
class Scene:
    """A follower of a scripted log."""

    states: States = field(factory=States)
    lease: SwitchedLease = field(factory=SwitchedLease)
    clock: ManualClock = field(factory=ManualClock)
    follower: StateFollower = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.follower = StateFollower(self.states, self.lease, self.clock)


def test_it_follows_what_has_changed() -> None:
    """Twice a second; without a pause of that length while there is more."""
    scene = Scene()
    assert Wait(0.5) == scene.follower.run_once()
    scene.states.newest = AT_ONCE + 2
    assert [Wait(0.01), Wait(0.5), Wait(0.5)] == [scene.follower.run_once() for _ in range(3)]

    assert [("changes", AT_ONCE), ("changes", 2)] == scene.states.done


def test_it_goes_through_all_devices_once() -> None:
    """After a restart, in batches, with a short pause in which others can write; changes meanwhile are followed, too."""
    scene = Scene(States(None, known=AT_ONCE + 1))
    waits = [scene.follower.run_once()]
    scene.states.newest = 1
    waits += [scene.follower.run_once() for _ in range(4)]

    assert [Wait(0.01), Wait(0.01), Wait(0.01), Wait(0.5), Wait(0.5)] == waits
    assert (1, Progress(1, None)) == (scene.states.restarts, scene.states.at)
    assert [("changes", 1), ("swept", AT_ONCE), ("swept", 1)] == scene.states.done


def test_it_starts_again_where_changes_were_pruned() -> None:
    """There is a gap above the last change that it followed."""
    scene = Scene(States(newest=3, oldest=3))
    assert Wait(0.01) == scene.follower.run_once()
    assert (1, []) == (scene.states.restarts, scene.states.done)


def test_it_looks_at_devices_that_are_silent() -> None:
    """Without a change, too."""
    scene = Scene(States(late=AT_ONCE + 5))
    assert [Wait(0.01), Wait(0.5)] == [scene.follower.run_once() for _ in range(2)]
    assert [("expired", AT_ONCE), ("expired", 5)] == scene.states.done


def test_without_the_lease_it_stands_by() -> None:
    """Another follower is active. The end gives the lease back."""
    scene = Scene()
    scene.states.newest = 1
    scene.lease.available = False
    assert Wait(1.0) == scene.follower.run_once()
    assert [] == scene.states.done

    scene.lease.available = True
    scene.follower.run_once()
    assert [("changes", 1)] == scene.states.done
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
    scene.states.newest = 1
    scene.follower.run_once()
    assert [("changes", 1)] == scene.states.done


def test_counts_are_added_up_now_and_then() -> None:
    """Every thirty steps."""
    scene = Scene()
    for _ in range(61):
        scene.follower.run_once()
    assert 2 == scene.states.compactions
