"""The contract of the adoption of new boards: a creation as any other, which former devices are refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.adopting import AdoptionService
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.change_log import ChangeKind
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.labels import LabelEdit, Labels
from iotconfig.domain.configs.revisions import ChangeNote, Operation, Retention
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.errors import IotConfigError, RecordExists, RecordGone, RecordNotFound
from iotconfig.testing.announcement_builders import EVERYTHING, keys
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import START, SteppingClock
from iotconfig.testing.simultaneous import together
from iotconfig.testing.use_cases import UseCases

NOTE = ChangeNote("ada", "found in the hall")


class AdoptionContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    @pytest.fixture
    def adoption(self, store: Store, clock: SteppingClock) -> AdoptionService:
        """The use cases of adoption, over the same store as the service."""
        return AdoptionService(store, clock)

    @pytest.fixture
    def tags(self, store: Store, clock: SteppingClock) -> TagService:
        """The use cases of tags, over the same store."""
        return TagService(store, clock)

    @pytest.fixture
    def bulk(self, store: Store, clock: SteppingClock) -> BulkService:
        """The bulk use cases, over the same store."""
        return BulkService(store, clock)

    def test_a_board_gets_its_first_config(
        self,
        adoption: AdoptionService,
        service: ConfigService,
        history: HistoryService,
        store: Store,
        queue: NotificationQueue,
    ) -> None:
        """As any create does: with author and message, in the change log, and announced."""
        config = adoption.adopt("AABBCCDDEEFF", '{"deviceName": "Porch"}', NOTE)

        assert config == service.get(config.id)
        assert (1, "Porch") == (config.revision, config.content.device_name)
        made = history.revision(config.id, 1)
        assert (Operation.CREATE, NOTE) == (made.operation, made.note)
        assert [("aa:bb:cc:dd:ee:ff", config.change, "ada")] == [
            (row.subject.key, row.change, row.author) for row in store.changes_since(0, 10)
        ]
        assert ["aa:bb:cc:dd:ee:ff"] == keys(queue.find(EVERYTHING))

    def test_like_another_device(
        self, adoption: AdoptionService, service: ConfigService, tags: TagService, store: Store
    ) -> None:
        """Content, byte for byte, and tags are copied; the note is not, and the other device stays as it is."""
        service.create(mac(1), content('{ "a" :1.10 }'))
        tags.edit(mac(1), LabelEdit(add=["hall", "lamp"], note="Behind the door"))

        config = adoption.adopt_like(mac(2), mac(1), NOTE)

        assert ('{ "a" :1.10 }', Labels(["hall", "lamp"])) == (config.content.text, config.labels)
        assert config == service.get_by_mac(mac(2))
        assert Labels(["hall", "lamp"], "Behind the door") == service.get_by_mac(mac(1)).labels
        rows = [row for row in store.changes_since(0, 10) if row.change == config.change]
        assert [(ChangeKind.CONFIG, Operation.CREATE), (ChangeKind.TAGS, Operation.TAG)] == [
            (row.kind, row.operation) for row in rows
        ]

    def test_undo_removes_the_config_with_its_tags(
        self, adoption: AdoptionService, service: ConfigService, tags: TagService, bulk: BulkService
    ) -> None:
        """And the undo of the undo brings both back."""
        service.create(mac(1), content())
        tags.edit(mac(1), LabelEdit(add=["hall"]))
        config = adoption.adopt_like(mac(2), mac(1))

        undone = bulk.undo(config.change, BulkOptions())
        assert 1 == undone.deleted
        with pytest.raises(RecordNotFound):
            service.get_by_mac(mac(2))
        assert [("hall", 1)] == [(each.tag, each.devices) for each in tags.counts()]

        assert undone.change is not None
        assert 1 == bulk.undo(undone.change, BulkOptions()).restored
        assert Labels(["hall"]) == service.get_by_mac(mac(2)).labels

    def test_a_device_with_a_config_is_refused(
        self, adoption: AdoptionService, service: ConfigService
    ) -> None:
        """It stays as it is."""
        config = service.create(mac(1), content('{"a": 1}'))

        with pytest.raises(RecordExists, match="A config for MAC address 02:00:00:00:00:01 exists"):
            adoption.adopt(mac(1), content())
        with pytest.raises(RecordExists, match="A config for MAC address 02:00:00:00:00:01 exists"):
            adoption.adopt_like(mac(1), mac(1))
        assert config == service.get(config.id)

    def test_a_deleted_device_is_refused(
        self, adoption: AdoptionService, service: ConfigService, history: HistoryService
    ) -> None:
        """The refusal names the command that restores it, after its history was pruned, too."""
        config = service.create(mac(1), content())
        service.delete(config.id)

        with pytest.raises(RecordGone) as refused:
            adoption.adopt(mac(1), content())
        assert (
            "02:00:00:00:00:01 is no new board: its config was deleted. "
            "'iotconfig config restore 02:00:00:00:00:01' brings it back."
        ) == str(refused.value)
        assert {"mac_address": str(mac(1)), "config_id": config.id} == refused.value.details

        assert [*history.prune(Retention(keep=1, older_than=START + timedelta(days=9)))]
        with pytest.raises(RecordGone, match=f"config restore {mac(1)}"):
            adoption.adopt(mac(1), content())

    def test_a_replaced_board_is_refused(self, adoption: AdoptionService, service: ConfigService) -> None:
        """The refusal names the board that replaced it."""
        config = service.create(mac(1), content())
        service.replace_device(config.id, mac(2))

        with pytest.raises(RecordGone, match="its config belongs to 02:00:00:00:00:02 now") as refused:
            adoption.adopt(mac(1), content())
        assert str(mac(2)) == refused.value.details["replaced_by"]

    def test_like_a_device_without_a_config_is_refused(
        self, adoption: AdoptionService, service: ConfigService, store: Store
    ) -> None:
        """Nothing is stored: the board can still be adopted."""
        with pytest.raises(RecordNotFound, match="02:00:00:00:00:09 was not found"):
            adoption.adopt_like(mac(1), mac(9))
        config = service.create(mac(2), content())
        service.replace_device(config.id, mac(3))
        with pytest.raises(RecordGone, match="02:00:00:00:00:02 was replaced"):
            adoption.adopt_like(mac(1), mac(2))

        before = len(store.changes_since(0, 100))
        adoption.adopt_like(mac(1), mac(3))
        assert before + 1 == len(store.changes_since(0, 100))

    def test_of_two_that_adopt_one_board_one_is_refused(
        self, adoption: AdoptionService, service: ConfigService
    ) -> None:
        """At the same time."""

        def adopt(number: int) -> str:
            try:
                adoption.adopt(mac(1), content(deviceName=str(number)))
            except IotConfigError as error:
                return error.code
            return "adopted"

        outcomes = together(6, adopt)
        assert ["RECORD_EXISTS"] * 5 + ["adopted"] == sorted(outcomes)
        assert 1 == service.get_by_mac(mac(1)).revision
