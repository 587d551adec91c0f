"""The contract of `Store`, `UnitOfWork`, and the repositories of configs and revision counters."""

from __future__ import annotations

import pytest
from attrs import evolve

from iotconfig.domain.configs import changes
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.counter import RevisionCounter
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.revisions import UNSIGNED, Operation
from iotconfig.domain.configs.store import Store, UnitOfWork
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import RecordExists
from iotconfig.testing.builders import add, content, mac, record, remove
from iotconfig.testing.clocks import START, step

FULL = (
    '{ "deviceName" : "K\\u00fcche 😀", "deviceEntityId":"light.k","enableOTA":false, "n":[1.10,1E2,-0] }\r\n'
)


class Oops(Exception):
    """Raised inside a unit of work."""


def edit(work: UnitOfWork, config: Config, document: ConfigContent) -> Config:
    """Record that a config gets other content, one second after `START`."""
    counter = work.counters.lock(config.mac_address)
    return record(work, changes.edited(counter, config, document, Operation.UPDATE, step(1)))


class ConfigsContract:
    """Needs the fixture `store`: an empty store."""

    def test_an_empty_store_holds_nothing(self, store: Store) -> None:
        """In an empty store, every lookup returns None, and the first page is empty and the last."""
        with store.reading() as view:
            page = view.configs.find(ConfigQuery())

            assert view.configs.get(1) is None
            assert view.configs.get_by_mac(mac(1)) is None
            assert ((), 0, None) == (page.configs, page.count, page.next)

    def test_a_stores_check_returns(self, store: Store) -> None:
        """`check` returns if the store is available."""
        store.check()

    def test_a_config_comes_back_whole(self, store: Store) -> None:
        """A stored config is read unchanged by id, by MAC address and in a list."""
        added = add(store, 1, content(FULL), revision=7)

        with store.reading() as view:
            assert added == view.configs.get(added.id) == view.configs.get_by_mac(mac(1))
            assert (added.summary(),) == view.configs.find(ConfigQuery()).configs
        assert (mac(1), content(FULL), 7, START, START) == (
            added.mac_address,
            added.content,
            added.revision,
            added.created_at,
            added.updated_at,
        )
        assert added.id >= 1

    def test_a_unit_of_work_reads_what_it_recorded(self, store: Store) -> None:
        """A read in a unit of work sees everything that was recorded before it."""
        added = add(store, 1)

        with store.writing() as work:
            changed = edit(work, added, content(n=2))
            assert 2 == work.counters.lock(mac(1)).last_revision
            assert changed == work.configs.get(added.id)
            deleted = record(work, changes.deleted(work.counters.lock(mac(1)), changed, step(2)))
            assert work.configs.get_by_mac(mac(1)) is None
            restored = record(work, changes.restored(work.counters.lock(mac(1)), deleted, step(3)))

        with store.reading() as view:
            assert restored == view.configs.get(added.id)
            assert 4 == restored.revision

    def test_changes_are_recorded_in_their_order(self, store: Store) -> None:
        """Of two changes of one config, with another device's between them, the later one is stored."""
        added = add(store, 1)
        with store.writing() as work:
            one, other = work.counters.lock(mac(1)), work.counters.lock(mac(2))
            first = changes.edited(one, added, content(n=1), Operation.UPDATE, step(1))
            second = changes.edited(
                RevisionCounter(mac(1), 2, 2), first.config, content(n=2), Operation.ROLLBACK, step(2)
            )
            recorded = work.record(
                [first, changes.created(other, content(), step(1)), second], UNSIGNED, step(2)
            )

        assert [2, 1, 3] == [config.revision for config in recorded]
        with store.writing() as work:
            assert [3, 1] == [work.counters.lock(mac(number)).last_revision for number in (1, 2)]
            assert recorded[2] == work.configs.get(added.id)
            assert recorded[1] == work.configs.get_by_mac(mac(2))

    def test_names_may_have_255_characters_of_any_plane(self, store: Store) -> None:
        """A name of 255 characters is stored whole, even if it has a thousand bytes."""
        longest = content(deviceName="😀" * 255, deviceEntityId="ß" * 255)

        assert longest == add(store, 1, longest).content

    def test_an_edited_config_is_read_as_edited(self, store: Store) -> None:
        """An edit changes content, derived fields, revision and time, and keeps id and creation time."""
        added = add(store, 1, content(FULL))
        with store.writing() as work:
            changed = edit(work, added, content(deviceName="Bath"))

            assert changed == work.configs.get(added.id)

        assert (added.id, added.created_at, 2) == (changed.id, changed.created_at, changed.revision)
        with store.reading() as view:
            assert changed == view.configs.get(added.id) == view.configs.get_by_mac(mac(1))
            assert (changed.summary(),) == view.configs.find(ConfigQuery(text="bath")).configs
            assert () == view.configs.find(ConfigQuery(text="küche")).configs

    def test_a_removed_config_is_gone(self, store: Store) -> None:
        """A removed config is not found, and the other configs are unchanged."""
        gone, stays = add(store, 1), add(store, 2)
        remove(store, gone)

        with store.reading() as view:
            assert view.configs.get(gone.id) is None
            assert view.configs.get_by_mac(mac(1)) is None
            assert ((stays.summary(),), 1) == (
                view.configs.find(ConfigQuery()).configs,
                view.configs.find(ConfigQuery()).count,
            )

    def test_ids_are_never_reused(self, store: Store) -> None:
        """An id is not used again, even if the highest one is removed, or all are."""
        first, second = add(store, 1), add(store, 2)
        remove(store, second)
        third = add(store, 2)
        remove(store, third)
        remove(store, first)
        fourth = add(store, 3)

        assert first.id < second.id < third.id < fourth.id

    def test_a_second_config_of_one_device_is_refused(self, store: Store) -> None:
        """A second config for one MAC address raises `RecordExists`, and the unit of work is rolled back."""
        added = add(store, 1)

        with pytest.raises(RecordExists, match=str(mac(1))) as refusal:
            add(store, 1, content(deviceName="other"), revision=2)

        assert {"mac_address": str(mac(1))} == refusal.value.details
        with store.reading() as view:
            assert added == view.configs.get_by_mac(mac(1))
        with store.writing() as work:
            assert 1 == work.counters.lock(mac(1)).last_revision

    def test_counters_start_at_zero_and_follow_their_changes(self, store: Store) -> None:
        """A counter starts at 0 and has the revision of the latest change, during its unit of work and afterwards."""
        with store.writing() as work:
            counter = work.counters.lock(mac(1))
            record(work, changes.created(counter, content(), START))

            assert RevisionCounter(mac(1), 0, 0) == counter
            assert RevisionCounter(mac(1), 1, 1) == work.counters.lock(mac(1))
        with store.writing() as work:
            assert RevisionCounter(mac(1), 1, 1) == work.counters.lock(mac(1))
            assert RevisionCounter(mac(2), 0, 0) == work.counters.lock(mac(2))

    def test_counters_outlive_their_configs(self, store: Store) -> None:
        """A deletion counts as a change, and the counter continues after it."""
        remove(store, add(store, 1, revision=9))

        with store.writing() as work:
            assert 10 == work.counters.lock(mac(1)).last_revision

    def test_a_counter_is_found_by_its_config(self, store: Store) -> None:
        """A counter is found by the id of its config; an unknown id has none."""
        added = add(store, 1, revision=3)
        with store.writing() as work:
            assert RevisionCounter(mac(1), 3, 1) == work.counters.lock_owner(added.id)
            assert work.counters.lock_owner(added.id + 1) is None

    @pytest.mark.parametrize("act", ["add", "edit", "remove"])
    def test_a_rollback_rolls_back_everything(self, store: Store, act: str) -> None:
        """A block that raises changes nothing: no config, no list, no counter."""
        added = add(store, 1, content(deviceName="Lamp"), revision=4)

        def fail() -> None:
            with store.writing() as work:
                counter = work.counters.lock(mac(1))
                if act == "add":
                    record(work, changes.created(work.counters.lock(mac(2)), content(), START))
                elif act == "edit":
                    edit(work, added, content(deviceName="Bath"))
                else:
                    record(work, changes.deleted(counter, added, START))
                raise Oops

        with pytest.raises(Oops):
            fail()

        with store.reading() as view:
            assert added == view.configs.get(added.id) == view.configs.get_by_mac(mac(1))
            assert (added.summary(),) == view.configs.find(ConfigQuery()).configs
            assert view.configs.get_by_mac(mac(2)) is None
        with store.writing() as work:
            assert [4, 0] == [work.counters.lock(mac(n)).last_revision for n in (1, 2)]

    def test_a_store_works_on_after_a_rollback(self, store: Store) -> None:
        """A block that raises releases its locks."""

        def fail() -> None:
            with store.writing() as work:
                work.counters.lock(mac(1))
                raise Oops

        with pytest.raises(Oops):
            fail()

        added = add(store, 1)
        with store.reading() as view:
            assert added == view.configs.get(added.id)

    def test_a_writer_sees_its_own_changes(self, store: Store) -> None:
        """Reads in a unit of work see its changes."""
        with store.writing() as work:
            added = record(work, changes.created(work.counters.lock(mac(1)), content(FULL), START))

            assert added == work.configs.get(added.id) == work.configs.get_by_mac(mac(1))
            assert 1 == work.configs.find(ConfigQuery()).count
            record(work, changes.deleted(work.counters.lock(mac(1)), added, START))
            assert work.configs.get(added.id) is None

    def test_readers_see_only_what_is_committed_and_wait_for_no_writer(self, store: Store) -> None:
        """During a write, readers see the state before it, without waiting; afterwards, they see the new state."""
        before = add(store, 1, content(deviceName="before"))
        with store.writing() as work:
            after = edit(work, before, content(deviceName="after"))
            record(work, changes.created(work.counters.lock(mac(2)), content(), START))
            with store.reading() as view:
                assert before == view.configs.get(before.id)
                assert view.configs.get_by_mac(mac(2)) is None
                assert 1 == view.configs.find(ConfigQuery()).count
                assert 0 == view.configs.find(ConfigQuery(text="after")).count
        with store.reading() as view:
            assert after == view.configs.get(before.id)
            assert 2 == view.configs.find(ConfigQuery()).count

    def test_what_was_read_belongs_to_the_caller(self, store: Store) -> None:
        """A config that was read is independent of the store: neither changes with the other."""
        added = add(store, 1, content(deviceName="Lamp"))
        with store.reading() as view:
            read, page = view.configs.get(added.id), view.configs.find(ConfigQuery())
        assert read is not None
        mine = evolve(read, revision=99, content=content(deviceName="mine"))
        with store.reading() as view:
            assert added == view.configs.get(added.id) != mine
        with store.writing() as work:
            edit(work, added, content(deviceName="theirs"))

        assert added == read
        assert (added.summary(),) == page.configs
