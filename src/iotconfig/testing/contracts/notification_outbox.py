"""The contract of `NotificationOutbox`: one row per subject, written with its change."""

from __future__ import annotations

from datetime import datetime

import pytest

from iotconfig.domain.announcing.announcement import Announcement
from iotconfig.domain.announcing.notifications import AT_ONCE, Backlog
from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs import changes
from iotconfig.domain.configs.store import Store
from iotconfig.testing.announcement_builders import (
    EVERYTHING,
    asset,
    at,
    change,
    deletion,
    enqueue,
    keys,
    only,
    park,
    subject,
)
from iotconfig.testing.builders import content, mac, record
from iotconfig.testing.clocks import START


class Oops(Exception):
    """Raised inside a unit of work."""


MERGES = [
    pytest.param(change(1, 1), change(1, 2), True, id="change-after-change"),
    pytest.param(change(1, 1), change(1, 1, restart_hint=False), True, id="retained-only-keeps-a-hint"),
    pytest.param(change(1, 1, restart_hint=False), change(1, 1), True, id="hint-after-retained-only"),
    pytest.param(
        change(1, restart_hint=False), change(1, restart_hint=False), False, id="retained-only-twice"
    ),
    pytest.param(change(1, 1), deletion(1, 2), False, id="deletion-drops-a-hint"),
    pytest.param(deletion(1, 1), change(1, 2), True, id="created-after-deletion"),
    pytest.param(deletion(1, 1), change(1, 2, restart_hint=False), False, id="retained-only-after-deletion"),
    pytest.param(deletion(1, 1), deletion(1, 3), False, id="deletion-after-deletion"),
    pytest.param(asset("a.bin"), asset("a.bin"), True, id="asset-after-asset"),
]


class NotificationOutboxContract:
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    @pytest.mark.parametrize(
        "announcement",
        [
            pytest.param(change(1, 2**62), id="change"),
            pytest.param(change(1, restart_hint=False), id="retained-only"),
            pytest.param(deletion(1), id="deletion"),
            pytest.param(asset("firmware-1.2.bin"), id="asset"),
            pytest.param(asset("Büro #1/+ 😀 'x'.bin"), id="asset-with-an-odd-name"),
        ],
    )
    def test_an_announcement_comes_back_whole(
        self, store: Store, queue: NotificationQueue, announcement: Announcement
    ) -> None:
        """A stored announcement is read unchanged, due at once, and without refusals."""
        enqueue(store, announcement, at(3))

        found = only(queue)

        assert announcement == found.announcement
        assert (at(3), AT_ONCE) == (found.since, found.due_at)
        assert (0, False, None) == (found.refusals, found.parked, found.last_error)

    def test_a_thousand_changes_of_a_device_are_one_row(self, store: Store, queue: NotificationQueue) -> None:
        """A thousand announcements of one device leave one row, with the newest."""
        with store.writing() as work:
            work.counters.lock(mac(1))
            for revision in range(1, 1001):
                work.notifications.enqueue(change(1, revision), at(revision))

        assert change(1, 1000) == only(queue).announcement

    def test_subjects_of_two_kinds_do_not_meet(self, store: Store, queue: NotificationQueue) -> None:
        """An asset with the name of a device is a different subject."""
        namesake = asset(str(mac(1)))
        enqueue(store, change(1))
        enqueue(store, namesake)

        assert {change(1), namesake} == {n.announcement for n in queue.find(EVERYTHING)}

    @pytest.mark.parametrize(("earlier", "later", "restart_hint"), MERGES)
    def test_every_store_merges_alike(
        self,
        store: Store,
        queue: NotificationQueue,
        earlier: Announcement,
        later: Announcement,
        restart_hint: bool,
    ) -> None:
        """Two announcements of one subject merge as `Announcement.superseding` says."""
        enqueue(store, earlier, at(1))
        enqueue(store, later, at(2))

        assert later.superseding(earlier) == only(queue).announcement
        assert restart_hint is only(queue).announcement.restart_hint

    @pytest.mark.parametrize(
        "now",
        [
            pytest.param(at(10), id="later"),
            pytest.param(START, id="in-the-same-moment"),
            pytest.param(at(-3600), id="after-the-clock-was-set-back"),
        ],
    )
    def test_each_announcement_has_a_higher_generation(
        self, store: Store, queue: NotificationQueue, now: datetime
    ) -> None:
        """Each announcement raises the generation, even if it is equal, or the clock was set back."""
        enqueue(store, change(1))
        first = only(queue).generation
        enqueue(store, change(1), now)
        second = only(queue).generation
        enqueue(store, change(1, restart_hint=False), now)

        assert first < second < only(queue).generation

    def test_a_generation_does_not_come_back_after_a_removal(
        self, store: Store, queue: NotificationQueue
    ) -> None:
        """Generations are not reused after a removal: a relay that was stopped for long must not remove a newer row."""
        seen = []
        for number in range(5):
            for _ in range(10):
                enqueue(store, change(1), at(number / 1000))
                seen.append(only(queue).generation)
            queue.acknowledge([only(queue)], [])

        assert sorted(set(seen)) == seen

    @pytest.mark.parametrize(
        ("first", "second", "due_at", "since"),
        [
            pytest.param(at(5), None, AT_ONCE, at(1), id="now-before-a-paced-one"),
            pytest.param(None, at(5), AT_ONCE, START, id="a-paced-one-after-now"),
            pytest.param(at(7), at(5), at(5), at(5), id="both-paced"),
            pytest.param(at(5), at(5), at(5), at(5), id="equal"),
        ],
    )
    def test_the_earlier_due_time_wins(
        self,
        store: Store,
        queue: NotificationQueue,
        first: datetime | None,
        second: datetime | None,
        due_at: datetime,
        since: datetime,
    ) -> None:
        """The earlier of two due times is kept, so a paced announcement neither delays nor repeats an earlier one."""
        enqueue(store, change(1), START, first)
        enqueue(store, change(1, 2), at(1), second)

        assert (due_at, since) == (only(queue).due_at, only(queue).since)

    @pytest.mark.parametrize(
        ("announcement", "restart_hint"),
        [
            pytest.param(change(1, 2), True, id="change"),
            pytest.param(change(1, 1, restart_hint=False), True, id="retained-only"),
            pytest.param(deletion(1, 2), False, id="deletion"),
        ],
    )
    def test_a_parked_one_is_revived(
        self, store: Store, queue: NotificationQueue, announcement: Announcement, restart_hint: bool
    ) -> None:
        """A new announcement of a parked subject is pending, without refusals, and waits from its own time on."""
        enqueue(store, change(1))
        parked = park(queue, 1)
        enqueue(store, announcement, at(30))

        found = only(queue)

        assert (at(30), AT_ONCE, False, 0, None) == (
            found.since,
            found.due_at,
            found.parked,
            found.refusals,
            found.last_error,
        )
        assert restart_hint is found.announcement.restart_hint
        assert parked.generation < found.generation

    def test_a_refused_one_forgets_its_refusals(self, store: Store, queue: NotificationQueue) -> None:
        """A new announcement is due at once, even if the earlier one was waiting after a refusal."""
        enqueue(store, change(1))
        first = only(queue)
        park(queue, 1)
        queue.retry_parked(at(50))
        enqueue(store, change(1, 2), at(2))

        found = only(queue)

        assert (AT_ONCE, 0, None) == (found.due_at, found.refusals, found.last_error)
        assert first.generation < found.generation

    def test_a_change_and_its_notification_are_stored_together(
        self, store: Store, queue: NotificationQueue
    ) -> None:
        """Before the end of the transaction, others see neither the change nor its notification; afterwards, both."""
        with store.writing() as work:
            record(work, changes.created(work.counters.lock(mac(1)), content(), START))
            inside = [keys(queue.find(EVERYTHING)), queue.backlog()]

        assert [[], Backlog(0, 0, None)] == inside
        with store.reading() as view:
            assert view.configs.get_by_mac(mac(1)) is not None
        assert subject(1) == only(queue).announcement.subject

    def test_a_rollback_takes_the_notification_along(self, store: Store, queue: NotificationQueue) -> None:
        """A change that is rolled back announces nothing; an earlier notification stays pending."""
        enqueue(store, change(1))
        before = only(queue)

        with pytest.raises(Oops), store.writing() as work:
            for number in (1, 2):
                work.counters.lock(mac(number))
                work.notifications.enqueue(change(number, 2), at(1))
            raise Oops

        assert before == only(queue)
