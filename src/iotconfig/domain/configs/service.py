"""The use cases of one config at a time; `history.py` has those of histories, `bulk_service.py` those of many configs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from attrs import evolve, frozen

from iotconfig.domain.clock import Clock
from iotconfig.domain.documents.accepted import ContentLike, content_of
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.document import Document
from iotconfig.domain.errors import RecordExists
from iotconfig.domain.mac import MacAddress, mac_address_of
from iotconfig.domain.secrets.sealing import SEALED_BYTES, opened

from . import changes
from .announcements import Reannounced, announce_config
from .board_swaps import locked_swap
from .config import Config
from .config_edit import ConfigEdit, store_content
from .counter import RevisionCounter
from .edits import Edit, Replace, check_edit
from .ending import delete_content, end_device
from .existing import absent, check_id, existing, with_content
from .labels import NO_LABELS
from .locking import until_locked, with_locked
from .precondition import UNCONDITIONAL, Precondition, check_precondition
from .query import ConfigPage, ConfigQuery, check_query
from .reannouncing import announce_every, announce_some
from .restoring import last_content, locked_deletion, restored
from .revisions import UNSIGNED, ChangeNote, Operation, check_config_id, check_note
from .store import Store, UnitOfWork

_READ_AT_ONCE: Final = 100
"""Configs that `all` reads at a time, with their contents."""

_EVERY_CONFIG: Final = ConfigQuery()


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
            document = work.composer().document(NO_LABELS, content)
            now = self.clock()
            return work.record([changes.created(counter, content, now, document)], note, now)[0]

    def get(self, config_id: int) -> Config:
        """The config with this id. Raises `RecordNotFound`, also where layers alone serve its device."""
        check_id(config_id)
        with self.store.reading() as view:
            return with_content(existing(view.configs.get(config_id), config_id), config_id)

    def get_by_mac(self, mac_address: MacAddress | str) -> Config:
        """The config of this device. Raises as `get` does, and `RecordGone` for a board that was replaced."""
        return with_content(self._of_device(mac_address), mac_address_of(mac_address))

    def id_of(self, mac_address: MacAddress | str) -> int:
        """The id of the config of this device, which layers alone may serve. Raises `RecordNotFound` and `RecordGone`."""
        return self._of_device(mac_address).id

    def _of_device(self, mac_address: MacAddress | str) -> Config:
        mac_address = mac_address_of(mac_address)
        with self.store.reading() as view:
            config = view.configs.get_by_mac(mac_address)
            if config is None:
                raise absent(view, mac_address)
        return config

    def document(self, mac_address: MacAddress | str) -> Document:
        """The bytes that this device fetches, and their ETag.

        Raises as `get_by_mac` does, and `SecretsLocked` where it has values of secrets and cannot be decrypted.
        """
        if not isinstance(mac_address, MacAddress):
            mac_address = MacAddress.parse(mac_address)
        document = self.store.documents.get(mac_address)
        if document is None:
            with self.store.reading() as view:
                raise absent(view, mac_address)
        # As `is_sealed`, without a call in each fetch.
        if document.body.startswith(SEALED_BYTES):
            return opened(document, self.store.composers.cipher)
        return document

    def find(self, query: ConfigQuery) -> ConfigPage:
        """One page of the configs that match, sorted by MAC address.

        Devices that layers alone serve are left out, unless the query asks for those.
        """
        check_query(query)
        with self.store.reading() as view:
            return view.configs.find(evolve(query, with_content=query.with_content is not False))

    def all(self, query: ConfigQuery = _EVERY_CONFIG) -> Iterator[Config]:
        """Yield every config that matches, with its content, sorted by MAC address.

        They are read in pages of 100, each as it is then; `BulkService.export` reads all of them at one
        moment. `limit` and `count` of the query are ignored.
        """
        check_query(query)
        return self._all(evolve(query, limit=_READ_AT_ONCE, count=False, with_content=True))

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
        check_precondition(precondition)
        check_note(note)
        return ConfigEdit(self.store, config_id, edit, precondition).store(note, self.clock)

    def preview(
        self, config_id: int, edit: Edit, precondition: Precondition = UNCONDITIONAL
    ) -> tuple[Config, ConfigContent]:
        """Return the config, and the content that `edit` would store; nothing is stored or announced.

        Raises as `edit` does.
        """
        check_edit(edit)
        check_precondition(precondition)
        config, content = ConfigEdit(self.store, config_id, edit, precondition).preview()
        with self.store.reading() as view:
            # Its document may break a rule.
            view.composer().document(config.labels, content)
        return config, content

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
        check_precondition(precondition)
        check_note(note)
        with self.store.writing() as work:
            counter = work.counters.lock(mac_address)
            config = work.configs.get_by_mac(mac_address)
            precondition.check(config)
            now = self.clock()
            if config is None:
                document = work.composer().document(NO_LABELS, content)
                return work.record([changes.created(counter, content, now, document)], note, now)[0], True
            return store_content(work, counter, config, content, Operation.UPDATE, note, now), False

    def preview_put(
        self, mac_address: MacAddress | str, content: ContentLike, precondition: Precondition = UNCONDITIONAL
    ) -> Config | None:
        """Return the config whose content `put` would replace; None where it would create one, or give it its first content.

        Nothing is stored or announced. Raises as `put` does.
        """
        mac_address, content = mac_address_of(mac_address), content_of(content)
        check_precondition(precondition)
        with self.store.reading() as view:
            config = view.configs.get_by_mac(mac_address)
            precondition.check(config)
            view.composer().document(NO_LABELS if config is None else config.labels, content)
        return config if config is not None and config.has_content else None

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
        check_id(config_id)
        mac_address = mac_address_of(mac_address)
        check_precondition(precondition)
        check_note(note)

        def attempt(work: UnitOfWork) -> Config:
            old, new, config = locked_swap(work, config_id, mac_address, precondition)
            document = work.composer().document(config.labels, config.content)
            now = self.clock()
            return work.record([changes.moved(old, new, config, now, document)], note, now)[0]

        return until_locked(self.store, attempt)

    def delete(
        self, config_id: int, precondition: Precondition = UNCONDITIONAL, note: ChangeNote = UNSIGNED
    ) -> str:
        """Remove a config, and return the id of the change. Its device's counter goes on: the deletion is a change too.

        A device that layers reach goes on with the document that these make (`delete_device` ends that, too).
        `restore` brings the config back. Raises `RecordNotFound`, and `PreconditionFailed` as `update` does.
        """
        check_precondition(precondition)
        check_note(note)
        return delete_content(self.store, config_id, precondition, note, self.clock)

    def delete_device(
        self,
        mac_address: MacAddress | str,
        precondition: Precondition = UNCONDITIONAL,
        note: ChangeNote = UNSIGNED,
    ) -> str:
        """End a device: remove its content and its document, and return the id of the change.

        It gets no document of layers any more. `restore` brings it back.
        Raises `RecordNotFound`, `RecordGone` for a board that was replaced, and `PreconditionFailed` as `update` does.
        """
        mac_address = mac_address_of(mac_address)
        check_precondition(precondition)
        check_note(note)
        return end_device(self.store, mac_address, precondition, note, self.clock)

    def restore(self, config_id: int, note: ChangeNote = UNSIGNED) -> Config:
        """Restore a deleted config under its id, with the content that it had.

        A device that layers alone served is served by them again; one that they still serve gets its last content.
        Raises `RecordNotFound`; `Unprocessable` where it had no content and no layer reaches it; `RecordExists` where it was not deleted, or where
        its MAC address is in use again; `RecordGone` where its board was replaced after
        the deletion, or its content was pruned.
        """
        check_config_id(config_id)
        check_note(note)

        def attempt(work: UnitOfWork) -> Config:
            counter, deletion = locked_deletion(work, config_id)
            now = self.clock()
            present = work.configs.get(config_id)
            if present is not None and not present.has_content:
                content = last_content(work.history, config_id)
                return store_content(work, counter, present, content, Operation.ROLLBACK, note, now)
            work.record([restored(work, counter, deletion, now)], note, now)
            # Read again, with its tags.
            return existing(work.configs.get(config_id), config_id)

        return until_locked(self.store, attempt)

    def announce(self, config_id: int) -> Config:
        """Announce a config again, without a change. Raises `RecordNotFound`."""

        def announce(work: UnitOfWork, counter: RevisionCounter, config: Config) -> Config:
            work.notifications.enqueue(announce_config(config, counter.last_document_number), self.clock())
            return config

        return with_locked(self.store, config_id, announce)

    def announce_all(self, *, hints_per_second: float | None = None) -> int:
        """Announce every config, to restore its retained message, and return the number of configs.

        hints_per_second: above 0; every device gets a hint to restart as well, at this rate.
            Without it, no device gets a hint. Raises `ValidationFailed` for 0 or less.
        """
        return announce_every(self.store, self.clock, hints_per_second)

    def announce_many(
        self, mac_addresses: Iterable[MacAddress | str], *, hints_per_second: float | None = None
    ) -> Reannounced:
        """Announce the configs of these devices, without a change.

        mac_addresses: in any order; a device without a config is left out, and named in the result.
        hints_per_second: as for `announce_all`.

        Raises `InvalidMacAddress`, and `ValidationFailed` for 0 or less hints per second.
        """
        return announce_some(self.store, self.clock, mac_addresses, hints_per_second)
