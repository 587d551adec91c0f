"""The contract of `Wakeup`: a wait ends early after a commit, and otherwise when its time is up."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.labels import LabelEdit
from iotconfig.domain.configs.store import Store
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.jobs.ports import Wakeup
from iotconfig.testing.announcement_builders import EVERYTHING, at, change, enqueue
from iotconfig.testing.builders import add, mac
from iotconfig.testing.clocks import SteppingClock

MakeWakeup = Callable[[], Wakeup]

_ATTEMPTS = 20
"""A first wait may return early without a reason; that many in a row may not."""


class Undone(Exception):
    """Raised inside a unit of work, which is rolled back."""


def quiet(wakeup: Wakeup) -> Wakeup:
    """The wake-up of the test, after it has nothing more to report."""
    assert any(not wakeup.wait(0.05) for _ in range(_ATTEMPTS))
    return wakeup


class WakeupContract:
    """Needs the fixtures `make_wakeup`, whose results are closed afterwards, `store`, and `queue` of the same database."""

    def test_a_wait_without_a_commit_takes_its_time(
        self, make_wakeup: MakeWakeup, store: Store, queue: NotificationQueue
    ) -> None:
        """Neither a read nor a transaction that is rolled back ends a wait."""
        wakeup = quiet(make_wakeup())
        with pytest.raises(Undone), store.writing() as work:
            work.notifications.enqueue(change(1), at(1))
            raise Undone
        queue.find(EVERYTHING)
        started = monotonic()

        assert not wakeup.wait(0.3)

        assert monotonic() - started >= 0.25

    def test_a_commit_before_the_wait_ends_it_at_once(self, make_wakeup: MakeWakeup, store: Store) -> None:
        """A commit between the last read of a job and its wait ends the wait at once."""
        wakeup = quiet(make_wakeup())
        enqueue(store, change(1))
        started = monotonic()

        assert wakeup.wait(30)

        assert monotonic() - started < 10

    def test_a_commit_during_the_wait_ends_it(self, make_wakeup: MakeWakeup, store: Store) -> None:
        """A commit ends one wait, and not the next."""
        wakeup = quiet(make_wakeup())
        started = monotonic()
        with ThreadPoolExecutor(1) as threads:
            written = threads.submit(enqueue, store, change(1))

            assert wakeup.wait(30)

            written.result()
        assert monotonic() - started < 10
        quiet(wakeup)

    def test_a_change_of_tags_ends_a_wait(self, make_wakeup: MakeWakeup, store: Store) -> None:
        """Nothing is announced of it, but it is in the change log."""
        add(store, 1)
        wakeup = quiet(make_wakeup())
        started = monotonic()
        TagService(store, SteppingClock()).edit(mac(1), LabelEdit(add=["a"]))

        assert wakeup.wait(30)

        assert monotonic() - started < 10

    def test_a_closed_one_can_wait_again(self, make_wakeup: MakeWakeup, store: Store) -> None:
        """A closed wake-up can wait again; closing it twice does nothing."""
        wakeup = quiet(make_wakeup())
        wakeup.close()
        wakeup.close()

        quiet(wakeup)
        enqueue(store, change(1))

        assert wakeup.wait(30)
