"""The use cases of one config at a time; `history.py` reads histories, `bulk_service.py` stores and reads many configs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from attrs import evolve, frozen

from iotconfig.domain.arguments import check_kind
from iotconfig.domain.clock import Clock
from iotconfig.domain.documents.accepted import ContentLike, content_of
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.document import Document
from iotconfig.domain.errors import RecordExists, RecordGone, RecordNotFound, ValidationFailed
from iotconfig.domain.mac import MacAddress, mac_address_of

from . import changes
from .announcements import announce_config
from .config import MAX_ID, Config
from .counter import RevisionCounter
from .edits import Edit, Merge, Replace, Rollback, check_edit
from .locking import Moved, until_locked
from .precondition import UNCONDITIONAL, Precondition
from .query import ConfigPage, ConfigQuery, check_query
from .replaced import board_replaced
from .restoring import locked_deletion, restored
from .revisions import UNSIGNED, ChangeNote, Operation, check_config_id, check_note
from .store import Store, UnitOfWork, View

T = TypeVar("T")

_ANNOUNCED_AT_ONCE: Final = 50
"""Configs that one transaction of `announce_all` locks."""

_READ_AT_ONCE: Final = 100
"""Configs that `all` reads at a time, with their contents."""

_EVERY_CONFIG: Final = ConfigQuery()

_MERGED_AHEAD: Final = 4
"""Attempts to merge a patch before the lock is taken, while other writers change the same config."""


@frozen
class ConfigService:
    """Create, read, change and delete the configurations of devices.

    The clock is read under the device's lock, so that times follow revisions.

    A MAC address is given as `MacAddress`, or as text in any spelling; content
    as `ConfigContent`, JSON text (str or bytes) or a dict, and larger content
    than 256 KiB as `ConfigContent` only. Both are checked before a transaction
    begins: `InvalidMacAddress`, `InvalidDocument` or `ContentTooLarge` for what
    breaks their rules, `TypeError` for an argument of another kind.

    All methods may raise `StoreUnavailable`, those that write `StoreFull` too;
    and `ServiceClosed`, once the store is closed.
    """

    store: Store
    clock: Clock

    def create(
        self, mac_address: MacAddress | str, content: ContentLike, note: ChangeNote = UNSIGNED
    ) -> Config:
        """Create the first config of a device. Raises `RecordExists` if it has one."""
        mac_address, content = mac_address_of(mac_address), content_of(content)
        check_note(note)
        with self.store.writing() as work:
            counter = work.counters.lock(mac_address)
            if work.configs.get_by_mac(mac_address) is not None:
                raise RecordExists(mac_address)
            now = self.clock()
            return work.record([changes.created(counter, content, now)], note, now)[0]

    def get(self, config_id: int) -> Config:
        """The config with this id. Raises `RecordNotFound`."""
        _check_id(config_id)
        with self.store.reading() as view:
            return _found(view.configs.get(config_id), config_id)

    def get_by_mac(self, mac_address: MacAddress | str) -> Config:
        """The config of this device. Raises `RecordNotFound`, and `RecordGone` for a board that was replaced."""
        mac_address = mac_address_of(mac_address)
        with self.store.reading() as view:
            config = view.configs.get_by_mac(mac_address)
            if config is None:
                raise _absent(view, mac_address)
        return config

    def document(self, mac_address: MacAddress | str) -> Document:
        """The bytes that this device fetches, and their ETag. Raises as `get_by_mac` does."""
        if not isinstance(mac_address, MacAddress):
            mac_address = MacAddress.parse(mac_address)
        document = self.store.documents.get(mac_address)
        if document is None:
            with self.store.reading() as view:
                raise _absent(view, mac_address)
        return document

    def find(self, query: ConfigQuery) -> ConfigPage:
        """One page of the configs that match, sorted by MAC address."""
        check_query(query)
        with self.store.reading() as view:
            return view.configs.find(query)

    def all(self, query: ConfigQuery = _EVERY_CONFIG) -> Iterator[Config]:
        """Yield every config that matches, with its content, sorted by MAC address.

        They are read in pages of 100, each as it is then; `BulkService.export` reads all of them at one
        moment. `limit` and `count` of the query are ignored.
        """
        check_query(query)
        return self._all(evolve(query, limit=_READ_AT_ONCE, count=False))

    def _all(self, query: ConfigQuery) -> Iterator[Config]:
        while True:
            with self.store.reading() as view:
                page = view.configs.find(query)
                configs = view.configs.load([summary.mac_address for summary in page])
            yield from configs
            if page.next is None:
                return
            query = evolve(query, after=page.next)

    def update(
        self,
        config_id: int,
        content: ContentLike,
        precondition: Precondition = UNCONDITIONAL,
        note: ChangeNote = UNSIGNED,
    ) -> Config:
        """Replace a config's content: `edit` with `Replace(content)`."""
        return self.edit(config_id, Replace(content), precondition, note)

    def edit(
        self,
        config_id: int,
        edit: Edit,
        precondition: Precondition = UNCONDITIONAL,
        note: ChangeNote = UNSIGNED,
    ) -> Config:
        """Change a config's content: `Replace` it, `Merge` a patch into it, or `Rollback` to a revision.

        Content that equals the stored bytes changes nothing (no new revision,
        `updated_at` stays), but the config is announced again.

        Raises `RecordNotFound`; `PreconditionFailed` where the config is at a
        revision that `precondition` excludes; and, for a rollback or a merge, the errors of `Rollback.content` and `Merge.apply`.
        """
        check_edit(edit)
        _check_condition(precondition)
        check_note(note)

        def change(new_content: Callable[[ConfigContent], ConfigContent]) -> Config:
            def under_lock(work: UnitOfWork, counter: RevisionCounter, config: Config) -> Config:
                precondition.check(config)
                content = new_content(config.content)
                return _store(work, counter, config, content, edit.operation, note, self.clock())

            return self._locked(config_id, under_lock)

        if isinstance(edit, Rollback):
            _, content = self.preview(config_id, edit, precondition)
            return change(lambda _present: content)
        # Merging may wait for other work, which must not hold a connection or a lock.
        for _ in range(_MERGED_AHEAD if isinstance(edit, Merge) else 0):
            seen, merged = self.preview(config_id, edit, precondition)
            with suppress(_ChangedMeanwhile):
                return change(partial(_unless_changed, seen.content, merged))
        # Under the lock, no other writer can change the config.
        return change(edit.apply)

    def preview(
        self, config_id: int, edit: Edit, precondition: Precondition = UNCONDITIONAL
    ) -> tuple[Config, ConfigContent]:
        """Return the config, and the content that `edit` would store; nothing is stored or announced.

        Raises as `edit` does.
        """
        _check_id(config_id)
        check_edit(edit)
        _check_condition(precondition)
        with self.store.reading() as view:
            config = _found(view.configs.get(config_id), config_id)
            precondition.check(config)
            if isinstance(edit, Rollback):
                return config, edit.content(config_id, view.history)
        if isinstance(edit, Merge):
            return config, edit.merged(config.content)
        return config, edit.apply(config.content)

    def put(
        self,
        mac_address: MacAddress | str,
        content: ContentLike,
        precondition: Precondition = UNCONDITIONAL,
        note: ChangeNote = UNSIGNED,
    ) -> tuple[Config, bool]:
        """Create or update by MAC address. Returns the config, and whether it was created.

        Raises `PreconditionFailed` if `precondition` excludes the present state.
        """
        mac_address, content = mac_address_of(mac_address), content_of(content)
        _check_condition(precondition)
        check_note(note)
        with self.store.writing() as work:
            counter = work.counters.lock(mac_address)
            config = work.configs.get_by_mac(mac_address)
            precondition.check(config)
            now = self.clock()
            if config is None:
                return work.record([changes.created(counter, content, now)], note, now)[0], True
            return _store(work, counter, config, content, Operation.UPDATE, note, now), False

    def preview_put(
        self, mac_address: MacAddress | str, content: ContentLike, precondition: Precondition = UNCONDITIONAL
    ) -> Config | None:
        """Return the config whose content `put` would replace; None where it would create one.

        Nothing is stored or announced. Raises as `put` does.
        """
        mac_address, _ = mac_address_of(mac_address), content_of(content)
        _check_condition(precondition)
        with self.store.reading() as view:
            config = view.configs.get_by_mac(mac_address)
        precondition.check(config)
        return config

    def replace_device(
        self,
        config_id: int,
        mac_address: MacAddress | str,
        precondition: Precondition = UNCONDITIONAL,
        note: ChangeNote = UNSIGNED,
    ) -> Config:
        """Move a config to another board: it keeps its id and its history.

        A request for the old board's document raises `RecordGone`, which names the new
        board, until the old board has a config of its own again.

        Raises `RecordNotFound`, `PreconditionFailed`, and `RecordExists` where
        the board at `mac_address` has a config, this one included.
        """
        _check_id(config_id)
        mac_address = mac_address_of(mac_address)
        _check_condition(precondition)
        check_note(note)

        def swap(work: UnitOfWork) -> Config:
            seen = _found(work.configs.get(config_id), config_id)
            if seen.mac_address == mac_address:
                raise RecordExists(mac_address, "name the board that takes its place")
            locked = {mac: work.counters.lock(mac) for mac in sorted((seen.mac_address, mac_address))}
            config = _found(work.configs.get(config_id), config_id)
            if config.mac_address != seen.mac_address:
                raise Moved
            precondition.check(config)
            if work.configs.get_by_mac(mac_address) is not None:
                raise RecordExists(mac_address, "a board that has a config cannot take another's place")
            now = self.clock()
            change = changes.moved(locked[config.mac_address], locked[mac_address], config, now)
            return work.record([change], note, now)[0]

        return until_locked(self.store, swap)

    def delete(
        self, config_id: int, precondition: Precondition = UNCONDITIONAL, note: ChangeNote = UNSIGNED
    ) -> str:
        """Remove a config, and return the id of the change. Its device's counter goes on: the deletion is a change too.

        `restore` brings it back. Raises `RecordNotFound`, and `PreconditionFailed` as `update` does.
        """
        _check_condition(precondition)
        check_note(note)

        def remove(work: UnitOfWork, counter: RevisionCounter, config: Config) -> str:
            precondition.check(config)
            now = self.clock()
            return work.record([changes.deleted(counter, config, now)], note, now)[0].change

        return self._locked(config_id, remove)

    def restore(self, config_id: int, note: ChangeNote = UNSIGNED) -> Config:
        """Restore a deleted config under its id, with the content that it had.

        Raises `RecordNotFound`; `RecordExists` where it was not deleted, or where
        its MAC address is in use again; `RecordGone` where its content was pruned.
        """
        check_config_id(config_id)
        check_note(note)

        def attempt(work: UnitOfWork) -> Config:
            counter, deletion = locked_deletion(work, config_id)
            now = self.clock()
            return work.record([restored(work, counter, deletion, now)], note, now)[0]

        return until_locked(self.store, attempt)

    def announce(self, config_id: int) -> Config:
        """Announce a config again, without a change. Raises `RecordNotFound`."""

        def announce(work: UnitOfWork, counter: RevisionCounter, config: Config) -> Config:
            work.notifications.enqueue(announce_config(config, counter.last_document_number), self.clock())
            return config

        return self._locked(config_id, announce)

    def announce_all(self, *, hints_per_second: float | None = None) -> int:
        """Announce every config, to restore its retained message, and return the number of configs.

        hints_per_second: above 0; every device gets a hint to restart as well, at this rate.
            Without it, no device gets a hint. Raises `ValidationFailed` for 0 or less.
        """
        if hints_per_second is not None and not hints_per_second > 0:
            raise ValidationFailed("The number of hints per second must be above 0.")
        count = 0
        after: MacAddress | None = None
        start = self.clock()
        while True:
            page = self.find(ConfigQuery(after=after, limit=_ANNOUNCED_AT_ONCE, count=False))
            with self.store.writing() as work:
                for summary in page.configs:
                    # Read under the lock, so that a newer announcement is not overwritten.
                    counter = work.counters.lock(summary.mac_address)
                    config = work.configs.get_by_mac(summary.mac_address)
                    if config is None:
                        continue
                    delay = timedelta(seconds=count / hints_per_second) if hints_per_second else timedelta()
                    announcement = announce_config(
                        config, counter.last_document_number, restart_hint=hints_per_second is not None
                    )
                    work.notifications.enqueue(announcement, start, start + delay)
                    count += 1
            if page.next is None:
                return count
            after = page.next

    def _locked(self, config_id: int, use: Callable[[UnitOfWork, RevisionCounter, Config], T]) -> T:
        """Return what `use` returns for the locked counter and the config, both read under the lock."""
        _check_id(config_id)

        def attempt(work: UnitOfWork) -> T:
            counter = work.counters.lock_owner(config_id)
            if counter is None:
                raise RecordNotFound(config_id)
            config = _found(work.configs.get(config_id), config_id)
            if config.mac_address != counter.mac_address:
                raise Moved
            return use(work, counter, config)

        return until_locked(self.store, attempt)


class _ChangedMeanwhile(Exception):
    """The content is not the one that a patch was merged into."""


def _unless_changed(seen: ConfigContent, merged: ConfigContent, present: ConfigContent) -> ConfigContent:
    """Return `merged`, which was made from `seen`. Raises `_ChangedMeanwhile` where that is not the present content."""
    if present != seen:
        raise _ChangedMeanwhile
    return merged


def _store(
    work: UnitOfWork,
    counter: RevisionCounter,
    config: Config,
    content: ConfigContent,
    operation: Operation,
    note: ChangeNote,
    now: datetime,
) -> Config:
    """Return the change to other content. Equal content is only announced: operators press Save to make a device re-read."""
    if content.text == config.content.text:
        work.notifications.enqueue(announce_config(config, counter.last_document_number), now)
        return config
    return work.record([changes.edited(counter, config, content, operation, now)], note, now)[0]


def _check_id(config_id: int) -> None:
    """Refuse numbers that cannot be ids: some databases fail on them."""
    check_config_id(config_id)
    if not 1 <= config_id <= MAX_ID:
        raise RecordNotFound(config_id)


def _check_condition(precondition: object) -> None:
    check_kind(
        precondition, Precondition, "A precondition is a Precondition, such as Precondition(one_of={3})"
    )


def _found(config: Config | None, key: int | MacAddress) -> Config:
    if config is None:
        raise RecordNotFound(key)
    return config


def _absent(view: View, mac_address: MacAddress) -> RecordNotFound | RecordGone:
    """Return the error for a device without a config."""
    successor = view.counters.replaced_by(mac_address)
    if successor is None:
        return RecordNotFound(mac_address)
    return board_replaced(mac_address, successor)
