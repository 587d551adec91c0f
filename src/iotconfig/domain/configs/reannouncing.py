"""Announcing every config again, to restore the retained messages of a broker that has lost them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.mac import MacAddress

from .announcements import announce_config
from .query import ConfigQuery
from .store import Store

_ANNOUNCED_AT_ONCE: Final = 50
"""Configs that one transaction locks."""


def announce_every(store: Store, clock: Clock, hints_per_second: float | None) -> int:
    """Announce every config, and return their number; `ConfigService.announce_all` is the contract."""
    if hints_per_second is not None and not hints_per_second > 0:
        raise ValidationFailed("The number of hints per second must be above 0.")
    count = 0
    after: MacAddress | None = None
    start = clock()
    while True:
        with store.reading() as view:
            page = view.configs.find(ConfigQuery(after=after, limit=_ANNOUNCED_AT_ONCE, count=False))
        with store.writing() as work:
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
