"""How a device loses its content, and how it ends; `ConfigService.delete` and `delete_device` are the contracts."""

from __future__ import annotations

from iotconfig.domain.clock import Clock
from iotconfig.domain.documents.content import NO_CONTENT
from iotconfig.domain.mac import MacAddress

from . import changes
from .config import Config
from .counter import RevisionCounter
from .existing import absent, with_content
from .locking import with_locked
from .precondition import Precondition
from .revisions import ChangeNote
from .store import Store, UnitOfWork


def delete_content(
    store: Store, config_id: int, precondition: Precondition, note: ChangeNote, clock: Clock
) -> str:
    """Delete the content of a config; where no layer reaches its device, that ends the device."""

    def remove(work: UnitOfWork, counter: RevisionCounter, config: Config) -> str:
        precondition.check(with_content(config, config_id))
        composer, now = work.composer(), clock()
        if composer.reaching(config.labels):
            document = composer.document(config.labels, NO_CONTENT)
            change = changes.cleared(counter, config, now, document)
        else:
            change = changes.deleted(counter, config, now)
        return work.record([change], note, now)[0].change

    return with_locked(store, config_id, remove)


def end_device(
    store: Store, mac_address: MacAddress, precondition: Precondition, note: ChangeNote, clock: Clock
) -> str:
    """Remove the config of a device and its document, whatever makes it."""
    with store.writing() as work:
        # Before the lock, which would make a counter of an unknown address.
        if work.configs.get_by_mac(mac_address) is None:
            raise absent(work, mac_address)
        counter = work.counters.lock(mac_address)
        config = work.configs.get_by_mac(mac_address)
        if config is None:
            raise absent(work, mac_address)
        precondition.check(config)
        now = clock()
        return work.record([changes.deleted(counter, config, now)], note, now)[0].change
