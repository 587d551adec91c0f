"""The use cases. Everything that a user can do with configs goes through here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from .config import MAX_ID, UNCONDITIONAL, Config, Device, Document, Precondition
from .content import ConfigContent
from .errors import RecordExists, RecordNotFound, ValidationFailed
from .mac import MacAddress
from .notifications import announce_config, announce_deletion
from .ports import Clock, Store, UnitOfWork
from .search import ConfigPage, ConfigQuery

_ANNOUNCED_AT_ONCE: Final = 200
"""Configs that one transaction of `announce_all` locks."""


@frozen
class ConfigService:
    """Create, read, change and delete the configurations of devices.

    The clock is read under the device's lock, so that times follow revisions.

    Content is checked before (`ConfigContent.parse`), so that a bad document
    never opens a transaction. All methods may raise `StoreUnavailable`, those
    that write `StoreFull` too.
    """

    store: Store
    clock: Clock

    def create(self, mac_address: MacAddress, content: ConfigContent) -> Config:
        """Give a device its first config. Raises `RecordExists` if it has one."""
        with self.store.writing() as work:
            device = work.devices.lock(mac_address)
            if work.configs.get_by_mac(mac_address) is not None:
                raise RecordExists(mac_address)
            return _add(work, device, content, self.clock())

    def get(self, config_id: int) -> Config:
        """The config with this id. Raises `RecordNotFound`."""
        _check_id(config_id)
        with self.store.reading() as configs:
            return _found(configs.get(config_id), config_id)

    def get_by_mac(self, mac_address: MacAddress) -> Config:
        """The config of this device. Raises `RecordNotFound`."""
        with self.store.reading() as configs:
            return _found(configs.get_by_mac(mac_address), mac_address)

    def document(self, mac_address: MacAddress) -> Document:
        """The bytes that this device fetches, and their ETag. Raises `RecordNotFound`."""
        with self.store.reading() as configs:
            document = configs.document(mac_address)
        if document is None:
            raise RecordNotFound(mac_address)
        return document

    def find(self, query: ConfigQuery) -> ConfigPage:
        """One page of the configs that match, sorted by MAC address."""
        with self.store.reading() as configs:
            return configs.find(query)

    def update(
        self, config_id: int, content: ConfigContent, precondition: Precondition = UNCONDITIONAL
    ) -> Config:
        """Replace a config's content.

        Content that equals the stored bytes changes nothing (no new revision,
        `updated_at` stays), yet the device is told again.

        Raises `RecordNotFound`, and `PreconditionFailed` where the config is at
        a revision that `precondition` excludes.
        """
        _check_id(config_id)
        with self.store.writing() as work:
            device, config = _locked(work, config_id)
            precondition.check(config)
            return _change(work, device, config, content, self.clock())

    def put(
        self, mac_address: MacAddress, content: ConfigContent, precondition: Precondition = UNCONDITIONAL
    ) -> tuple[Config, bool]:
        """Create or update by MAC address; True in second place where it created.

        Raises `PreconditionFailed` where `precondition` excludes what is there.
        """
        with self.store.writing() as work:
            device = work.devices.lock(mac_address)
            config = work.configs.get_by_mac(mac_address)
            precondition.check(config)
            now = self.clock()
            if config is None:
                return _add(work, device, content, now), True
            return _change(work, device, config, content, now), False

    def delete(self, config_id: int, precondition: Precondition = UNCONDITIONAL) -> None:
        """Remove a config. Its device's counter goes on: the deletion is a change too.

        Raises `RecordNotFound`, and `PreconditionFailed` as `update` does.
        """
        _check_id(config_id)
        with self.store.writing() as work:
            device, config = _locked(work, config_id)
            precondition.check(config)
            now = self.clock()
            revision = device.next_revision()
            work.devices.advance(device, revision)
            work.configs.remove(config)
            work.notifications.enqueue(announce_deletion(device, revision, now), now)

    def announce(self, config_id: int) -> Config:
        """Tell a config's device again, without a change. Raises `RecordNotFound`."""
        _check_id(config_id)
        with self.store.writing() as work:
            _, config = _locked(work, config_id)
            work.notifications.enqueue(announce_config(config), self.clock())
            return config

    def announce_all(self, *, nudges_per_second: float | None = None) -> int:
        """Restore the retained message of every config, and say how many they are.

        With `nudges_per_second` (above 0) every device is nudged, too, that many
        in a second: each restarts on it. Raises `ValidationFailed` for 0 or less.
        """
        if nudges_per_second is not None and not nudges_per_second > 0:
            raise ValidationFailed("The number of nudges per second must be above 0.")
        told = 0
        after: MacAddress | None = None
        start = self.clock()
        while True:
            page = self.find(ConfigQuery(after=after, limit=_ANNOUNCED_AT_ONCE, count=False))
            with self.store.writing() as work:
                for summary in page.configs:
                    # Read under the lock, so that a newer announcement is not overwritten.
                    work.devices.lock(summary.mac_address)
                    config = work.configs.get_by_mac(summary.mac_address)
                    if config is None:
                        continue
                    pause = timedelta(seconds=told / nudges_per_second) if nudges_per_second else timedelta()
                    announcement = announce_config(config, nudge=nudges_per_second is not None)
                    work.notifications.enqueue(announcement, start, start + pause)
                    told += 1
            if page.next is None:
                return told
            after = page.next


def _check_id(config_id: int) -> None:
    """Keep numbers that are no id from the store: some databases fail on them."""
    if not 1 <= config_id <= MAX_ID:
        raise RecordNotFound(config_id)


def _found(config: Config | None, key: int | MacAddress) -> Config:
    if config is None:
        raise RecordNotFound(key)
    return config


def _locked(work: UnitOfWork, config_id: int) -> tuple[Device, Config]:
    """The config and its device's counter, which stays locked; read after the lock was won."""
    device = work.devices.lock_owner(config_id)
    if device is None:
        raise RecordNotFound(config_id)
    return device, _found(work.configs.get(config_id), config_id)


def _add(work: UnitOfWork, device: Device, content: ConfigContent, now: datetime) -> Config:
    revision = device.next_revision()
    work.devices.advance(device, revision)
    config = work.configs.add(device.mac_address, content, revision, now)
    work.notifications.enqueue(announce_config(config), now)
    return config


def _change(
    work: UnitOfWork, device: Device, config: Config, content: ConfigContent, now: datetime
) -> Config:
    """Store other content; the same content is announced, too: operators press Save to make a device re-read."""
    if content.text != config.content.text:
        config = config.changed(content, device.next_revision(), now)
        work.devices.advance(device, config.revision)
        work.configs.replace(config)
    work.notifications.enqueue(announce_config(config), now)
    return config
