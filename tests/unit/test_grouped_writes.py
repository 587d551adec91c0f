"""Evidence of callers that wait for each other is stored together."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from iotconfig.domain.devices.evidence import Evidence, Kind
from iotconfig.domain.errors import StoreFull, StoreUnavailable
from iotconfig.entrypoints.wiring import grouped_writes
from iotconfig.entrypoints.wiring.grouped_writes import GroupedWrites
from iotconfig.testing.builders import mac
from iotconfig.testing.clocks import START
from iotconfig.testing.simultaneous import together
from tests.support.waiting import wait_until


def seen(number: int) -> Evidence:
    return Evidence(mac(number), Kind.APPLIED, '"a"', 1, START)


class _Store:
    """Stores what it is given, once it may go on; or raises an error."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.goes_on = Event()
        self.error: BaseException | None = None

    def write(self, batch: Sequence[Evidence]) -> None:
        self.groups.append([int(str(each.mac_address)[-2:], 16) for each in batch])
        assert self.goes_on.wait(30)
        if self.error is not None:
            raise self.error


@pytest.fixture
def store() -> _Store:
    return _Store()


def waiting_behind_one(
    store: _Store, threads: ThreadPoolExecutor
) -> tuple[GroupedWrites, list[Future[None]]]:
    """One write that does not end yet, and five that wait for it."""
    writes = GroupedWrites(store.write)
    first = threads.submit(writes.write, [seen(0)])
    wait_until(lambda: store.groups, "the first write has begun")
    rest = [threads.submit(writes.write, [seen(number)]) for number in range(1, 6)]
    wait_until(lambda: len(writes._waiting) == 5, "the others wait")
    return writes, [first, *rest]


def test_those_that_wait_are_stored_together(store: _Store) -> None:
    """Each returns once its own is stored."""
    with ThreadPoolExecutor(8) as threads:
        _, futures = waiting_behind_one(store, threads)
        assert not any(future.done() for future in futures)
        store.goes_on.set()
        assert [None] * 6 == [future.result(timeout=30) for future in futures]

    first, rest = store.groups
    assert ([0], [1, 2, 3, 4, 5]) == (first, sorted(rest))


def test_a_group_is_bounded(store: _Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit comes with the next one."""
    monkeypatch.setattr(grouped_writes, "AT_ONCE", 2)
    with ThreadPoolExecutor(8) as threads:
        _, futures = waiting_behind_one(store, threads)
        store.goes_on.set()
        for future in futures:
            future.result(timeout=30)

    assert [1, 2, 2, 1] == [len(group) for group in store.groups]
    assert list(range(6)) == sorted(number for group in store.groups for number in group)


def test_all_of_a_group_learn_that_it_was_not_stored(store: _Store) -> None:
    """The next group is stored."""
    with ThreadPoolExecutor(8) as threads:
        writes, futures = waiting_behind_one(store, threads)
        store.error = StoreFull("The disk is full.")
        store.goes_on.set()
        for future in futures:
            with pytest.raises(StoreFull):
                future.result(timeout=30)
    store.error = None

    writes.write([seen(9)])
    assert [9] == store.groups[-1]


def test_a_caller_that_is_stopped_does_not_make_the_others_believe_that_they_are_stored(
    store: _Store,
) -> None:
    """It stores for all of them, and may be ended in the midst of it."""
    with ThreadPoolExecutor(8) as threads:
        _, futures = waiting_behind_one(store, threads)
        store.error = KeyboardInterrupt()
        store.goes_on.set()
        errors = [type(future.exception(timeout=30)) for future in futures]

    assert [StoreUnavailable] * 4 == [error for error in errors if error is not KeyboardInterrupt]


def test_nothing_is_lost_among_many_threads() -> None:
    """Each piece is stored once."""
    stored: list[Evidence] = []
    writes = GroupedWrites(stored.extend)

    def write_all(thread: int) -> None:
        for number in range(50):
            writes.write([seen(thread * 50 + number)])

    together(8, write_all)

    assert sorted(mac(number) for number in range(400)) == sorted(each.mac_address for each in stored)
