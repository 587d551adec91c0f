"""A closed store: every method raises the same error, with every kind of store."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.bulk import BulkEntry
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.edits import Replace
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.revisions import DeletedQuery, HistoryQuery, Retention
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import ServiceClosed, StoreUnavailable
from iotconfig.testing.builders import add, content, mac
from iotconfig.testing.clocks import START, SteppingClock
from iotconfig.testing.use_cases import UseCases


class ClosingContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    @pytest.fixture
    def bulk(self, store: Store, clock: SteppingClock) -> BulkService:
        """The bulk use cases over the same store."""
        return BulkService(store, clock)

    def test_a_closed_store_says_so_to_every_use_case(
        self,
        store: Store,
        service: ConfigService,
        history: HistoryService,
        bulk: BulkService,
        queue: NotificationQueue,
    ) -> None:
        """Every use case raises `ServiceClosed`, not `StoreUnavailable`: a retry would not help."""
        config = service.create(mac(1), content())
        pending = queue.find(1)
        store.close()
        store.close()
        retention = Retention(keep=1, older_than=START + timedelta(days=1))
        uses: list[Callable[[], object]] = [
            lambda: service.create(mac(2), content()),
            lambda: service.get(config.id),
            lambda: service.get_by_mac(mac(1)),
            lambda: service.document(mac(1)),
            lambda: store.documents.get(mac(1)),
            lambda: service.find(ConfigQuery()),
            lambda: service.update(config.id, content()),
            lambda: service.preview(config.id, Replace(content())),
            lambda: service.put(mac(1), content()),
            lambda: service.replace_device(config.id, mac(2)),
            lambda: service.delete(config.id),
            lambda: service.announce(config.id),
            service.announce_all,
            lambda: service.announce_many([mac(1)]),
            lambda: history.config_of(mac(1)),
            lambda: history.revisions(HistoryQuery(config.id)),
            lambda: history.revision(config.id, 1),
            lambda: history.compare(config.id),
            lambda: history.deleted(DeletedQuery()),
            lambda: service.restore(config.id),
            lambda: list(history.prune(retention)),
            lambda: list(history.prune(retention, dry_run=True)),
            lambda: bulk.load([BulkEntry("one", mac(2), content())], ImportOptions()),
            lambda: bulk.load([], ImportOptions(dry_run=True)),
            lambda: bulk.patch(Selection(everything=True), MergePatch.parse("{}"), BulkOptions()),
            lambda: bulk.export().__enter__(),
            store.check,
            lambda: store.changes_since(0, 1),
            store.oldest_position,
            lambda: store.prunable_changes(START, 0, 1),
            lambda: store.prune_changes(START, 1),
            lambda: queue.due(START, 1),
            queue.next_due,
            lambda: queue.acknowledge(pending, []),
            queue.backlog,
            lambda: queue.find(1),
            lambda: queue.retry_parked(START),
        ]
        for use in uses:
            with pytest.raises(ServiceClosed):
                use()
        assert not issubclass(ServiceClosed, StoreUnavailable)

    def test_running_calls_end_with_an_error_of_the_core(
        self, store: Store, history: HistoryService, bulk: BulkService
    ) -> None:
        """A generator raises `ServiceClosed` at its next step; a running import ends, or raises the same error."""
        add(store, 1)
        steps = history.prune(Retention(keep=1, older_than=START))

        def closing() -> list[BulkEntry]:
            store.close()
            return [BulkEntry("one", mac(2), content())]

        with suppress(ServiceClosed):
            bulk.load((entry for _ in range(1) for entry in closing()), ImportOptions())
        with pytest.raises(ServiceClosed):
            next(steps)

    def test_an_export_gives_nothing_behind_its_block(self, store: Store, bulk: BulkService) -> None:
        """The iterator of an export raises `ServiceClosed` after the block, with every store."""
        for number in range(3):
            add(store, number)
        with bulk.export() as configs:
            first = next(configs)

        assert mac(0) == first.mac_address
        with pytest.raises(ServiceClosed, match="inside its block"):
            next(configs)
        store.check()
