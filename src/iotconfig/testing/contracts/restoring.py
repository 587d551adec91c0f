"""The contract of restoring deleted configs."""

from __future__ import annotations

import pytest

from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.revisions import ChangeNote, DeletedConfig, DeletedQuery, HistoryQuery
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import IotConfigError, RecordExists, RecordNotFound
from iotconfig.testing.announcement_builders import only
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import step
from iotconfig.testing.simultaneous import together
from iotconfig.testing.use_cases import UseCases

TEXT = '{ "deviceName":"Lamp", "a":1.10 }\n'


class RestoringContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    def test_a_restored_config_is_what_it_was(
        self, queue: NotificationQueue, service: ConfigService, history: HistoryService
    ) -> None:
        """The config gets back its id, content, derived fields and creation time, has a new revision, and is announced."""
        created = service.create(mac(1), content(TEXT))
        service.delete(created.id)
        queue.acknowledge([only(queue)], [])
        restored = service.restore(created.id)

        assert Config(created.id, mac(1), content(TEXT), 3, step(0), step(2)) == restored
        assert restored == service.get(created.id) == service.get_by_mac(mac(1))
        assert TEXT.encode() == service.document(mac(1)).body
        announcement = only(queue).announcement
        assert announcement.state is not None
        assert (True, 3, restored.content.etag) == (
            announcement.restart_hint,
            announcement.state.document_number,
            announcement.state.etag,
        )
        assert () == history.deleted(DeletedQuery()).configs
        assert 4 == service.update(created.id, content(a=2)).revision

    def test_ids_go_on_after_a_restore(self, service: ConfigService) -> None:
        """A new config never gets the id of a restored one."""
        ids = [service.create(mac(n), content()).id for n in (1, 2)]
        for config_id in ids:
            service.delete(config_id)
        for config_id in ids:
            service.restore(config_id)

        assert service.create(mac(3), content()).id not in ids

    def test_a_config_that_is_there_is_not_restored(self, service: ConfigService) -> None:
        """A config that exists cannot be restored, before its deletion or after its restore."""
        created = service.create(mac(1), content())
        with pytest.raises(RecordExists, match=f"config {created.id} is not deleted"):
            service.restore(created.id)
        service.delete(created.id)
        restored = service.restore(created.id)
        with pytest.raises(RecordExists):
            service.restore(created.id)

        assert restored == service.get(created.id)

    def test_a_place_that_is_taken_is_kept(self, service: ConfigService, history: HistoryService) -> None:
        """A restore is refused if the device has another config, and succeeds after that one is deleted."""
        created = service.create(mac(1), content(a=1))
        service.delete(created.id)
        other = service.create(mac(1), content(a=2))
        with pytest.raises(RecordExists, match=str(mac(1))) as refusal:
            service.restore(created.id)

        assert {"mac_address": str(mac(1))} == refusal.value.details
        assert other == service.get_by_mac(mac(1))
        assert [created.id] == [config.id for config in history.deleted(DeletedQuery()).configs]
        service.delete(other.id)
        assert (created.id, 5) == (service.restore(created.id).id, service.get_by_mac(mac(1)).revision)

    def test_a_config_comes_back_to_the_board_it_was_on_last(self, service: ConfigService) -> None:
        """After a swap and a deletion, a config is restored to the new board, even if the old board has another config."""
        created = service.create(mac(1), content(a=1))
        service.replace_device(created.id, mac(2))
        service.delete(created.id)
        service.create(mac(1), content(a=2))

        assert (mac(2), content(a=1)) == (
            service.restore(created.id).mac_address,
            service.get(created.id).content,
        )

    def test_the_list_of_what_was_deleted(self, service: ConfigService, history: HistoryService) -> None:
        """Deleted configs are listed with author, message and last name, the latest first; restored ones are not listed."""
        ids = [service.create(mac(n), content(deviceName=f"Lamp {n}")).id for n in range(4)]
        service.update(ids[1], content(deviceName="Küche"))
        service.replace_device(ids[1], mac(9))
        for config_id in ids:
            service.delete(config_id, note=ChangeNote("eve", f"why {config_id}"))
        service.restore(ids[2])
        found = history.deleted(DeletedQuery()).configs

        assert [ids[3], ids[1], ids[0]] == [config.id for config in found]
        assert DeletedConfig(ids[1], mac(9), "Küche", 4, "eve", f"why {ids[1]}", step(7)) == found[1]
        assert 4 == history.revisions(HistoryQuery(ids[1])).revisions[0].revision

    def test_pages_of_what_was_deleted(self, store: Store) -> None:
        """Deletions of one moment are sorted by id, so that pages have each of them once."""
        service = ConfigService(store, lambda: step(0))
        history = HistoryService(store, service.clock)
        ids = [service.create(mac(n), content()).id for n in range(5)]
        for config_id in ids:
            service.delete(config_id)
        pages = [history.deleted(DeletedQuery(limit=2))]
        while pages[-1].next is not None:
            pages.append(history.deleted(DeletedQuery(pages[-1].next, limit=2)))

        assert [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]] == [
            [c.id for c in page.configs] for page in pages
        ]

    def test_an_unknown_config_is_not_restored(self, service: ConfigService, history: HistoryService) -> None:
        """The restore of an unknown id raises `RecordNotFound`, and stores nothing."""
        with pytest.raises(RecordNotFound):
            service.restore(1)
        assert () == history.deleted(DeletedQuery()).configs

    def test_of_many_restores_one_wins(self, service: ConfigService, history: HistoryService) -> None:
        """Of eight concurrent restores of one config, one succeeds."""
        created = service.create(mac(1), content())
        service.delete(created.id)

        def restore(_: int) -> Config | type[Exception]:
            try:
                return service.restore(created.id)
            except IotConfigError as error:
                return type(error)

        results = together(8, restore)
        assert [RecordExists] * 7 == [result for result in results if not isinstance(result, Config)]
        assert [service.get(created.id)] == [result for result in results if isinstance(result, Config)]
        assert [3, 2, 1] == [r.revision for r in history.revisions(HistoryQuery(created.id)).revisions]

    def test_of_two_configs_of_one_device_one_comes_back(self, service: ConfigService) -> None:
        """Of concurrent restores of different configs for one device, and a creation, one succeeds."""
        ids = []
        for n in range(3):
            ids.append(service.create(mac(1), content(n=n)).id)
            service.delete(ids[-1])

        def act(number: int) -> int | None:
            try:
                if number == 3:
                    return service.create(mac(1), content(n=3)).id
                return service.restore(ids[number]).id
            except RecordExists:
                return None

        winners = [config_id for config_id in together(4, act) if config_id is not None]
        assert [service.get_by_mac(mac(1)).id] == winners
        assert 7 == service.get_by_mac(mac(1)).revision
