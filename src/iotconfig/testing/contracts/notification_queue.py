"""The contract of `NotificationQueue`: reading by the relay and by operators."""

from __future__ import annotations

import pytest
from attrs import evolve

from iotconfig.domain.announcing.announcement import Announcement
from iotconfig.domain.announcing.notifications import AT_ONCE, Backlog
from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.store import Store
from iotconfig.testing.announcement_builders import EVERYTHING, asset, at, change, enqueue, keys, only, park
from iotconfig.testing.builders import mac
from iotconfig.testing.clocks import START


def macs(*numbers: int) -> list[str]:
    return [str(mac(number)) for number in numbers]


class NotificationQueueContract:
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    def test_an_empty_queue(self, queue: NotificationQueue) -> None:
        """In an empty queue nothing is due, and acknowledging and retrying do nothing."""
        queue.acknowledge([], [])

        assert ([], [], None) == (list(queue.due(START, 9)), list(queue.find(9)), queue.next_due())
        assert Backlog(0, 0, None) == queue.backlog()
        assert 0 == queue.retry_parked(START)

    def test_due_are_those_whose_time_has_come_the_longest_due_first(
        self, store: Store, queue: NotificationQueue
    ) -> None:
        """`due` returns notifications due until this moment, the longest due first, without parked ones."""
        for number, seconds in ((1, 3.0), (2, 1.0), (3, 2.0), (4, 3.000001), (5, 0.0)):
            enqueue(store, change(number), START, at(seconds))
        park(queue, 5)

        assert macs(2, 3, 1) == keys(queue.due(at(3), 9))
        assert macs(2, 3) == keys(queue.due(at(3), 2))
        assert [] == queue.due(at(0.5), 9)

    def test_due_comes_back_whole(self, store: Store, queue: NotificationQueue) -> None:
        """`due` and `find` return the same notifications."""
        enqueue(store, change(1, 7))
        enqueue(store, asset("a.bin"))

        assert list(queue.find(9)) == list(queue.due(START, 9))
        assert {change(1, 7), asset("a.bin")} == {n.announcement for n in queue.due(START, 9)}

    def test_the_next_due(self, store: Store, queue: NotificationQueue) -> None:
        """`next_due` is the earliest time of all pending notifications, in the past or in the future."""
        enqueue(store, change(1), START, at(20))
        assert at(20) == queue.next_due()

        enqueue(store, change(2), START, at(10))
        assert at(10) == queue.next_due()

        enqueue(store, change(3), START)
        park(queue, 3)
        assert at(10) == queue.next_due()

    @pytest.mark.parametrize(
        "announcement",
        [pytest.param(change(1), id="config"), pytest.param(asset("a.bin"), id="asset")],
    )
    def test_a_delivered_notification_is_removed(
        self, store: Store, queue: NotificationQueue, announcement: Announcement
    ) -> None:
        """Only the delivered notification is removed; acknowledging it again does nothing."""
        enqueue(store, announcement)
        enqueue(store, change(2))
        delivered = next(n for n in queue.due(START, 9) if n.announcement == announcement)

        for _ in range(2):
            queue.acknowledge([delivered], [])

            assert change(2) == only(queue).announcement

    def test_a_newer_announcement_is_not_removed(self, store: Store, queue: NotificationQueue) -> None:
        """A newer generation is not removed, even if its announcement is equal."""
        enqueue(store, change(1))
        read = only(queue)
        enqueue(store, change(1))
        pending = only(queue)

        queue.acknowledge([read], [])

        assert pending == only(queue)

    def test_a_refusal_is_stored_as_given(self, store: Store, queue: NotificationQueue) -> None:
        """The time, the number of refusals, the error, and the hint to restart are stored."""
        enqueue(store, change(1))
        read = only(queue)
        refused = evolve(
            read,
            announcement=evolve(read.announcement, restart_hint=False),
            due_at=at(8),
            refusals=4,
            last_error="Not authorized (ä)",
        )

        queue.acknowledge([], [refused])

        assert refused == only(queue)
        assert [] == queue.due(at(7), 9)
        assert [refused] == list(queue.due(at(8), 9))

    def test_a_refusal_of_an_older_announcement_is_dropped(
        self, store: Store, queue: NotificationQueue
    ) -> None:
        """A newer announcement keeps its attempts and its hint to restart."""
        enqueue(store, change(1))
        read = only(queue)
        enqueue(store, change(1, 2), at(1))
        pending = only(queue)

        queue.acknowledge([], [evolve(read, parked=True, refusals=5, last_error="Not authorized")])

        assert pending == only(queue)

    def test_a_refusal_of_a_removed_notification_is_dropped(
        self, store: Store, queue: NotificationQueue
    ) -> None:
        """A refusal does not bring back a notification that another relay has delivered."""
        enqueue(store, change(1))
        read = only(queue)
        queue.acknowledge([read], [])

        queue.acknowledge([], [evolve(read, refusals=1, last_error="Not authorized")])

        assert [] == queue.find(9)

    def test_delivered_and_refused_in_one_call(self, store: Store, queue: NotificationQueue) -> None:
        """A call takes a batch of a relay's size, with some of it refused."""
        with store.writing() as work:
            for number in range(600):
                work.counters.lock(mac(number))
                work.notifications.enqueue(change(number), START)
        batch = queue.due(START, 500)
        refused = [evolve(n, refusals=1, last_error="no", due_at=at(1)) for n in batch[::100]]
        delivered = [n for index, n in enumerate(batch) if index % 100]

        queue.acknowledge(delivered, refused)

        assert 500 == len(batch)
        assert keys(refused) == [n.announcement.subject.key for n in queue.find(EVERYTHING) if n.refusals]
        assert Backlog(105, 0, START) == queue.backlog()

    def test_the_backlog_counts_pending_and_parked(self, store: Store, queue: NotificationQueue) -> None:
        """The oldest time is that of the pending notifications; parked ones are counted separately."""
        for number in range(1, 6):
            enqueue(store, change(number), at(number))
        park(queue, 1)
        park(queue, 4)

        assert Backlog(3, 2, at(2)) == queue.backlog()
        assert Backlog(3, 2, at(2)) == queue.backlog(3)
        assert Backlog(2, 2, at(2), more=True) == queue.backlog(2)
        assert Backlog(1, 1, at(2), more=True) == queue.backlog(1)

    def test_the_oldest_counts_from_when_it_was_first_due(
        self, store: Store, queue: NotificationQueue
    ) -> None:
        """Neither another announcement nor a refusal makes the oldest time later."""
        enqueue(store, change(1), at(1))
        enqueue(store, change(1, 2), at(30))
        queue.acknowledge([], [evolve(only(queue), refusals=1, due_at=at(60))])

        assert at(1) == queue.backlog().oldest

    def test_find_lists_the_parked_first(self, store: Store, queue: NotificationQueue) -> None:
        """`find` lists parked notifications first, then pending ones, the longest due first."""
        for number, seconds in ((1, 3), (2, 1), (3, 2), (4, 9)):
            enqueue(store, change(number), START, at(seconds))
        park(queue, 3)

        assert macs(3, 2, 1, 4) == keys(queue.find(9))
        assert macs(3, 2) == keys(queue.find(2))

    def test_parked_notifications_are_retried(self, store: Store, queue: NotificationQueue) -> None:
        """Retried notifications are due now, without refusals; the others are unchanged."""
        enqueue(store, change(1))
        enqueue(store, change(2), START, at(500))
        parked = park(queue, 1)
        waiting = queue.find(9)[1]

        assert 1 == queue.retry_parked(at(100))

        (retried,) = queue.due(at(100), 9)
        assert (parked.announcement, parked.generation) == (retried.announcement, retried.generation)
        assert (AT_ONCE, 0, False) == (retried.due_at, retried.refusals, retried.parked)
        assert waiting in queue.find(9)
        assert Backlog(2, 0, at(100)) == queue.backlog()
        assert 0 == queue.retry_parked(at(101))

    def test_what_was_handed_out_does_not_change(self, store: Store, queue: NotificationQueue) -> None:
        """A notification that was read does not change with later announcements."""
        enqueue(store, change(1))
        read = queue.due(START, 9)

        enqueue(store, change(1, 2), at(1))

        assert [change(1)] == [n.announcement for n in read]
