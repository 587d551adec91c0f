"""The limit in front of the connection pool: fair, bounded in time, and exact."""

from __future__ import annotations

import subprocess
import sys
from threading import Thread

import pytest

from iotconfig.adapters.sql.engine.fair_semaphore import FairSemaphore, reserved_for_devices
from tests.support.waiting import wait_until


def _queued(semaphore: FairSemaphore, served: list[int], number: int) -> Thread:
    """A waiter that is in the queue when this returns, and records when it is served."""

    def wait() -> None:
        if semaphore.acquire(30):
            served.append(number)

    before = len(semaphore._waiters)
    thread = Thread(target=wait)
    thread.start()
    wait_until(lambda: len(semaphore._waiters) > before, "it waits")
    return thread


def test_the_number_of_places_is_exact() -> None:
    """With two places, the third waiter times out, or is served when a place is released."""
    semaphore = FairSemaphore(2)

    assert [True, True, False] == [semaphore.acquire(0) for _ in range(3)]
    semaphore.release()
    assert semaphore.acquire(0)


def test_waiters_are_served_in_order() -> None:
    """Waiters get a place in the order of their arrival."""
    semaphore, served = FairSemaphore(1), list[int]()
    assert semaphore.acquire(0)
    threads = [_queued(semaphore, served, number) for number in range(5)]

    for number, thread in enumerate(threads):
        semaphore.release()
        thread.join()
        assert list(range(number + 1)) == served


def test_a_released_place_goes_to_the_first_waiter() -> None:
    """The releasing thread cannot take the place again before the waiter runs."""
    semaphore, served = FairSemaphore(1), list[int]()
    assert semaphore.acquire(0)
    thread = _queued(semaphore, served, 1)

    semaphore.release()

    assert not semaphore.acquire(0)
    thread.join()
    assert [1] == served


def test_greenlets_are_served_in_order_too() -> None:
    """A client that asks again at once queues behind the others, so each is served equally often."""
    program = """
from gevent import monkey; monkey.patch_all()
import gevent
from iotconfig.adapters.sql.engine.fair_semaphore import FairSemaphore
semaphore, served = FairSemaphore(2), [0] * 20
def client(number):
    while sum(served) < 2000:
        assert semaphore.acquire(30)
        served[number] += 1
        gevent.sleep(0)
        semaphore.release()
gevent.joinall([gevent.spawn(client, number) for number in range(20)], raise_error=True)
assert semaphore.free == 2
print(max(served) - min(served))
"""

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    assert int(done.stdout) <= 2


@pytest.mark.parametrize("seconds", [0, -1, 0.01])
def test_a_waiter_that_timed_out_gets_no_place(seconds: float) -> None:
    """The place goes to the next waiter, and is not lost."""
    semaphore = FairSemaphore(1)
    assert semaphore.acquire(0)
    assert not semaphore.acquire(seconds)

    semaphore.release()

    assert 1 == semaphore.free
    assert semaphore.acquire(0)


@pytest.mark.parametrize(("count", "kept"), [(1, 0), (2, 1), (3, 1), (8, 2), (100, 25)])
def test_a_quarter_is_reserved_for_devices(count: int, kept: int) -> None:
    """At least one place is reserved, and never all of them."""
    assert kept == reserved_for_devices(count)


def test_other_work_does_not_take_reserved_places() -> None:
    """Other work waits while devices are served, and gets only the places that other work releases."""
    semaphore, served = FairSemaphore(3, kept=1), list[int]()
    assert [True, True, False] == [semaphore.acquire(0) for _ in range(3)]
    waiting = _queued(semaphore, served, 1)

    assert semaphore.acquire(0, for_device=True)
    assert not semaphore.acquire(0, for_device=True)
    semaphore.release(for_device=True)
    assert [] == served
    assert (1, 1) == (semaphore.free, semaphore.waiting)
    semaphore.release()
    waiting.join()

    assert [1] == served
    assert (1, 0) == (semaphore.free, semaphore.waiting)


def test_devices_do_not_shut_out_other_work() -> None:
    """The longest waiter is served first, whether it is a device or other work."""
    semaphore, served = FairSemaphore(2, kept=1), list[int]()
    assert [True, True] == [semaphore.acquire(0, for_device=True) for _ in range(2)]
    waiting = _queued(semaphore, served, 1)

    semaphore.release(for_device=True)

    assert not semaphore.acquire(0, for_device=True)
    waiting.join()
    assert [1] == served
