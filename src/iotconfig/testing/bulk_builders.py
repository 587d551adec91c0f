"""Builders of many configs, and reading of a store's whole content for comparisons."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from attrs import evolve

from iotconfig.domain.announcing.notifications import Notification
from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.bulk import BulkEntry, BulkRefusal, Tally
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.revisions import HistoryQuery, Revision
from iotconfig.domain.configs.store import Store
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.mac import MacAddress

from .announcement_builders import EVERYTHING
from .builders import content, mac
from .clocks import START


class StillClock:
    """A clock that returns the time that it was set to."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def entry(number: int, document: ConfigContent | None = None, if_revision: int | None = None) -> BulkEntry:
    """An entry for `mac(number)`."""
    return BulkEntry(f"place {number}", mac(number), document or content(n=number), if_revision)


def entries(numbers: Iterable[int], **members: object) -> list[BulkEntry]:
    """An entry for each number, with different content, and with the members that all share."""
    return [entry(number, content(n=number, **members)) for number in numbers]


def configs(store: Store) -> dict[MacAddress, Config]:
    """Every config."""
    found: dict[MacAddress, Config] = {}
    query = ConfigQuery(count=False)
    # In pages: the snapshot of an export opens a connection, which takes longer than reading a few configs.
    while True:
        with store.reading() as view:
            page = view.configs.find(query)
            found |= {
                each.mac_address: each for each in view.configs.load([each.mac_address for each in page])
            }
        if page.next is None:
            return found
        query = evolve(query, after=page.next)


def histories(store: Store, numbers: Iterable[int]) -> dict[MacAddress, list[Revision]]:
    """The histories of the latest configs of some devices, the oldest revision first."""
    history = HistoryService(store, StillClock())
    found: dict[MacAddress, list[Revision]] = {}
    for number in numbers:
        config_id = history.config_of(mac(number))
        page = history.revisions(HistoryQuery(config_id, limit=1000))
        found[mac(number)] = [history.revision(config_id, r.revision) for r in reversed(page.revisions)]
    return found


def notifications(queue: NotificationQueue) -> dict[str, Notification]:
    """Return pending and parked notifications by subject."""
    return {str(n.announcement.subject): n for n in queue.find(EVERYTHING)}


def everything(store: Store, queue: NotificationQueue, numbers: Iterable[int]) -> dict[str, Any]:
    """Return everything that is stored about these devices, without ids."""
    numbers = sorted(numbers)
    with store.writing() as work:
        counters = [work.counters.lock(mac(number)) for number in numbers]
    with store.reading() as view:
        successors = [view.counters.replaced_by(mac(number)) for number in numbers]
        with_history = [number for number in numbers if view.history.latest_config(mac(number))]
    return {
        "configs": {address: evolve(config, id=0) for address, config in configs(store).items()},
        "counters": counters,
        "documents": [store.documents.get(mac(number)) for number in numbers],
        "successors": successors,
        "histories": {
            address: [evolve(revision, config_id=0) for revision in revisions]
            for address, revisions in histories(store, with_history).items()
        },
        "notifications": notifications(queue),
    }


def places(refusals: Iterable[BulkRefusal]) -> list[str]:
    """Return the places of refused entries."""
    return [refusal.place for refusal in refusals]


def counts(tally: Tally) -> Tally:
    """Return the tally without the id of its change; what was stored must have one."""
    assert tally.stored == (tally.change is not None)
    return evolve(tally, change=None)
