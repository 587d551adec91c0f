"""The contract of models of devices: a part of their labels."""

from __future__ import annotations

import pytest

from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.change_notes import UNSIGNED
from iotconfig.domain.configs.bulk import Tally
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.change_log import ChangeKind
from iotconfig.domain.configs.label_differences import ModelDifference, TagDifference
from iotconfig.domain.configs.label_entries import LabelEntry, LabelledDevice
from iotconfig.domain.configs.labels import LabelEdit, Labels
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.revisions import Operation
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.errors import Unprocessable, ValidationFailed
from iotconfig.domain.models.model import ModelRules
from iotconfig.testing.builders import content, mac

from .models import model, record_model

LAMP = LabelEdit(model="lamp")


def of_model(service: ConfigService, name: str) -> list[int]:
    """The devices of a model."""
    page = service.find(ConfigQuery(model=name))
    assert page.count == len(page.configs)
    return [int(str(config.mac_address)[-2:], 16) for config in page]


class DeviceModelsContract:
    """Fixtures: `store`, `queue`."""

    @pytest.fixture
    def tags(self, store: Store, service: ConfigService) -> TagService:
        return TagService(store, service.clock)

    @pytest.fixture
    def devices(self, store: Store, service: ConfigService) -> list[int]:
        """Three configs, by their ids, and two models."""
        for name in ("lamp", "plug"):
            record_model(store, model(name, ModelRules()))
        return [service.create(mac(number), content(a=number)).id for number in range(3)]

    def test_a_device_gets_a_model(
        self,
        store: Store,
        queue: NotificationQueue,
        service: ConfigService,
        tags: TagService,
        devices: list[int],
    ) -> None:
        """It makes no revision, is not announced, and stands in the log with the model before and after."""
        pending = len(queue.find(99))
        tags.edit(mac(1), LabelEdit(add=["a"], note="n"))
        tags.edit(mac(1), LAMP)
        tags.edit(mac(1), LabelEdit(add=["b"], model="plug"))
        assert tags.edit(mac(1), LabelEdit(model="plug")) is None
        tags.edit(mac(1), LabelEdit(model=None))
        rows = store.changes_since(6, 9)

        assert Labels(["a", "b"], "n") == service.get(devices[1]).labels
        assert (1, pending) == (service.get(devices[1]).revision, len(queue.find(99)))
        assert [
            (Operation.MODEL, None, ModelDifference(None, "lamp")),
            (Operation.TAG, TagDifference(("b",), ()), ModelDifference("lamp", "plug")),
            (Operation.MODEL, None, ModelDifference("plug", None)),
        ] == [(row.operation, row.tags, row.model) for row in rows]
        assert {(ChangeKind.TAGS, str(mac(1)), None)} == {
            (row.kind, row.subject.key, row.note) for row in rows
        }

    def test_devices_of_a_model_are_found(
        self, service: ConfigService, tags: TagService, devices: list[int]
    ) -> None:
        """In lists, of which each device shows its model."""
        for number, name in ((0, "lamp"), (1, "plug"), (2, "lamp")):
            tags.edit(mac(number), LabelEdit(model=name))

        assert ([0, 2], [1], []) == tuple(of_model(service, name) for name in ("lamp", "plug", "lam"))
        assert ["lamp", "plug", "lamp"] == [config.model for config in service.find(ConfigQuery())]
        assert [2] == [
            int(str(config.mac_address)[-2:], 16)
            for config in service.find(ConfigQuery(str(mac(2)), model="lamp", limit=1))
        ]
        assert [1] == [config.id - devices[0] for config in service.all(ConfigQuery(model="plug"))]
        service.delete(devices[0])
        assert [2] == of_model(service, "lamp")

    def test_counts_and_pages_of_models(self, store: Store, tags: TagService, devices: list[int]) -> None:
        """Of configs that exist."""
        for number, name in ((0, "lamp"), (1, "plug"), (2, "lamp")):
            tags.edit(mac(number), LabelEdit(model=name))
        with store.reading() as view:
            labels = view.labels
            assert {"lamp": 2, "plug": 1} == labels.model_counts()
            first = labels.of_model("lamp", None, 1)
            second = labels.of_model("lamp", first[-1].mac_address, 1)
            assert [mac(0), mac(2)] == [each.mac_address for each in (*first, *second)]
            assert "lamp" == first[0].labels.model
            assert [] == list(labels.of_model("lamp", mac(2), 9))

    def test_a_model_must_exist(
        self, store: Store, service: ConfigService, tags: TagService, devices: list[int]
    ) -> None:
        """Otherwise nothing is stored. A name that is none is refused before."""
        before = store.newest_position()
        with pytest.raises(Unprocessable, match='There is no model "desk"'):
            tags.tag(Selection(mac_addresses=[mac(0), mac(1)]), LabelEdit(add=["a"], model="desk"))
        for wrong in ("Lamp", ""):
            with pytest.raises(ValidationFailed, match="is no name of a model"):
                LabelEdit(model=wrong)

        assert before == store.newest_position()
        assert Labels() == service.get(devices[0]).labels

    def test_a_model_follows_its_config(
        self, service: ConfigService, tags: TagService, devices: list[int]
    ) -> None:
        """To another board, and back with a config that is restored."""
        tags.edit(mac(1), LAMP)
        service.replace_device(devices[1], mac(9))
        service.delete(devices[1])

        assert "lamp" == service.restore(devices[1]).labels.model
        assert [9] == of_model(service, "lamp")

    def test_undo_restores_models(
        self, service: ConfigService, tags: TagService, devices: list[int], store: Store
    ) -> None:
        """As it does tags and notes."""
        bulk = BulkService(store, service.clock)
        tags.edit(mac(0), LabelEdit(model="plug"))
        change = tags.tag(Selection(mac_addresses=[mac(0), mac(1)]), LAMP).change
        assert change is not None

        assert Tally(changed=2, stored=True) == bulk.undo(change, BulkOptions(), UNSIGNED)
        assert ["plug", None] == [service.get(devices[number]).labels.model for number in (0, 1)]

    def test_models_are_exported_and_loaded(
        self, tags: TagService, service: ConfigService, devices: list[int]
    ) -> None:
        """Without a member, the model stays."""
        tags.edit(mac(0), LAMP)
        assert [LabelledDevice(mac(0), Labels(model="lamp"))] == list(tags.export())
        entries = [
            LabelEntry("1", mac(0), ["a"]),
            LabelEntry("2", mac(1), model="plug"),
        ]
        assert Tally(changed=2, stored=True) == tags.load(entries)
        tags.load([LabelEntry("1", mac(1), model=None)])

        assert [Labels(["a"], None, "lamp"), Labels()] == [
            service.get(devices[number]).labels for number in (0, 1)
        ]
