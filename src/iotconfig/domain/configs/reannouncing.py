"""Announcing configs again: every one, to restore the retained messages of a broker that has lost them, or those of some devices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final

from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.mac import MacAddress, mac_address_of

from .announcements import Reannounced, announce_config
from .label_writing import batches_of
from .query import ConfigQuery
from .store import Store

_ANNOUNCED_AT_ONCE: Final = 50
"""Configs that one transaction locks."""


def announce_every(store: Store, clock: Clock, hints_per_second: float | None) -> int:
    """Announce every config, and return their number; `ConfigService.announce_all` is the contract."""
    return _announce(store, clock, _all_addresses(store), hints_per_second).configs


def announce_some(
    store: Store, clock: Clock, mac_addresses: Iterable[MacAddress | str], hints_per_second: float | None
) -> Reannounced:
    """Announce the configs of some devices; `ConfigService.announce_many` is the contract."""
    once = list(dict.fromkeys(map(mac_address_of, mac_addresses)))
    return _announce(store, clock, batches_of(once, _ANNOUNCED_AT_ONCE), hints_per_second)


def _all_addresses(store: Store) -> Iterator[Sequence[MacAddress]]:
    """The devices that have a config, sorted, in pages."""
    after: MacAddress | None = None
    while True:
        with store.reading() as view:
            page = view.configs.find(ConfigQuery(after=after, limit=_ANNOUNCED_AT_ONCE, count=False))
        yield [summary.mac_address for summary in page.configs]
        if page.next is None:
            return
        after = page.next


def _announce(
    store: Store, clock: Clock, pages: Iterable[Sequence[MacAddress]], hints_per_second: float | None
) -> Reannounced:
    if hints_per_second is not None and not hints_per_second > 0:
        raise ValidationFailed("The number of hints per second must be above 0.")
    count = 0
    missing: list[MacAddress] = []
    start = clock()
    for page in pages:
        with store.writing() as work:
            # A lock makes a row, which a device without a config is not to have.
            known = [config.mac_address for config in work.configs.load(page)]
            missing += [each for each in page if each not in known]
            for mac_address in known:
                # Read under the lock, so that a newer announcement is not overwritten.
                counter = work.counters.lock(mac_address)
                config = work.configs.get_by_mac(mac_address)
                if config is None:
                    missing.append(mac_address)
                    continue
                delay = timedelta(seconds=count / hints_per_second) if hints_per_second else timedelta()
                announcement = announce_config(
                    config, counter.last_document_number, restart_hint=hints_per_second is not None
                )
                work.notifications.enqueue(announcement, start, start + delay)
                count += 1
    return Reannounced(count, tuple(missing))
