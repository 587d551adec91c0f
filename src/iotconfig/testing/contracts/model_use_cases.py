"""The contract of models in use: what is refused for them, wherever a document changes."""

from __future__ import annotations

from typing import Any, cast

import pytest

from iotconfig.domain.configs.adopting import AdoptionService
from iotconfig.domain.configs.bulk import BulkEntry, BulkRefusal, OnConflict
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.edits import Merge, Rollback
from iotconfig.domain.configs.labels import LabelEdit
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import (
    DocumentRefused,
    ModelRefused,
    PreconditionFailed,
    RecordNotFound,
    Unprocessable,
)
from iotconfig.domain.layering.edits import PutLayer
from iotconfig.domain.layering.model_checks import ModelChecks
from iotconfig.domain.layering.model_service import ModelService
from iotconfig.domain.layering.service import LayerService
from iotconfig.domain.models.budget import Budget
from iotconfig.domain.models.model import Mode, ModelRules
from iotconfig.domain.models.unchecked import UNCHECKED
from iotconfig.testing.builders import content, mac
from iotconfig.testing.layer_builders import layer

SMALL = ModelRules(budget=Budget(integer_max=5), mode=Mode.ENFORCE)
"""No integer above 5; a budget, so that no checker of schemas is needed."""


class ModelUseCasesContract:
    """Fixtures: `store`."""

    @pytest.fixture
    def models(self, store: Store, service: ConfigService) -> ModelService:
        return ModelService(store, service.clock, ModelChecks(store, UNCHECKED))

    @pytest.fixture
    def tags(self, store: Store, service: ConfigService) -> TagService:
        return TagService(store, service.clock)

    @pytest.fixture
    def lamp(self, service: ConfigService, models: ModelService, tags: TagService) -> int:
        """The config of a device whose model is enforced."""
        models.put("lamp", SMALL)
        config_id = service.create(mac(1), content('{"a":5}')).id
        tags.edit(mac(1), LabelEdit(model="lamp"))
        return config_id

    def test_models_are_put(self, models: ModelService) -> None:
        """A new one, another definition, the same one; with a precondition; and after a deletion its revision goes on."""
        first = models.put("lamp", SMALL)
        again = models.put("lamp", SMALL)
        other = models.put("lamp", ModelRules(), Precondition(one_of={1}))
        with pytest.raises(PreconditionFailed, match="at revision 2"):
            models.put("lamp", SMALL, Precondition(one_of={1}))
        assert [("lamp", 2, 0)] == [(each.name, each.revision, each.devices) for each in models.all()]
        models.delete("lamp")

        assert [(True, 1), (False, 1), (False, 2)] == [
            (each.is_new, each.model.revision) for each in (first, again, other)
        ]
        assert again.change is None
        assert 4 == models.put("lamp", SMALL).model.revision
        with pytest.raises(RecordNotFound, match="Model desk was not found"):
            models.get("desk")
        with pytest.raises(PreconditionFailed):
            models.put("desk", SMALL, Precondition(exists=True))

    def test_a_model_in_use_is_not_deleted(
        self, store: Store, service: ConfigService, models: ModelService, tags: TagService, lamp: int
    ) -> None:
        """Neither while a device has it, nor while a layer reaches it."""
        with pytest.raises(Unprocessable, match="while devices have it"):
            models.delete("lamp")
        tags.edit(mac(1), LabelEdit(model=None))
        LayerService(store, service.clock).write(PutLayer("bright", layer("bright", model="lamp").definition))
        with pytest.raises(Unprocessable, match='the layer "bright" reaches it'):
            models.delete("lamp")
        assert lamp

    def test_writes_of_content_are_refused(self, store: Store, service: ConfigService, lamp: int) -> None:
        """With each failure, and nothing is stored; of other devices they are not."""
        before = store.newest_position()
        with pytest.raises(
            DocumentRefused, match="at /a, expected an integer of at most 5, found 6"
        ) as refused:
            service.update(lamp, content('{"a":6,"b":[7]}'))
        for write in (
            lambda: service.put(mac(1), content('{"a":6}')),
            lambda: service.edit(lamp, Merge(MergePatch.parse('{"a":6}'))),
        ):
            with pytest.raises(DocumentRefused):
                write()

        assert ["/a", "/b/0"] == [each["pointer"] for each in refused.value.details["failures"]]  # type: ignore[attr-defined]
        assert ("lamp", True) == (refused.value.details["model"], refused.value.details["complete"])
        assert before == store.newest_position()
        service.put(mac(2), content('{"a":6}'))
        assert 2 == service.update(lamp, content('{"a":4}')).revision

    def test_rollback_and_restore_are_refused(
        self, service: ConfigService, models: ModelService, lamp: int
    ) -> None:
        """To content that the model took before it was enforced."""
        models.put("lamp", ModelRules(budget=SMALL.budget))
        service.update(lamp, content('{"a":6}'))
        service.update(lamp, content('{"a":3}'))
        models.put("lamp", SMALL)
        with pytest.raises(DocumentRefused):
            service.edit(lamp, Rollback(2))
        service.delete(lamp)
        models.put("lamp", ModelRules(budget=Budget(integer_max=2), mode=Mode.ENFORCE))

        with pytest.raises(DocumentRefused):
            service.restore(lamp)
        models.put("lamp", SMALL)
        assert "lamp" == service.restore(lamp).labels.model

    def test_a_model_is_refused_to_a_device_that_breaks_it(
        self, store: Store, service: ConfigService, tags: TagService, lamp: int
    ) -> None:
        """Alone, and of a selection, whole."""
        other = service.create(mac(2), content('{"a":6}')).id
        service.create(mac(3), content('{"a":1}'))
        with pytest.raises(DocumentRefused):
            tags.edit(mac(2), LabelEdit(model="lamp"))
        refused: list[BulkRefusal] = []
        tally = tags.tag(
            Selection(everything=True), LabelEdit(model="lamp"), BulkOptions(), on_refusal=refused.append
        )

        assert (1, False) == (tally.refused, tally.stored)
        assert [(str(mac(2)), DocumentRefused)] == [(each.place, type(each.error)) for each in refused]
        assert service.get(other).labels.model is None
        assert lamp

    def test_bulk_writes_are_refused(self, store: Store, service: ConfigService, lamp: int) -> None:
        """With the list; the others are stored if it keeps going."""
        service.create(mac(2), content('{"a":1}'))
        bulk = BulkService(store, service.clock)
        refused: list[BulkRefusal] = []
        entries = [BulkEntry(f"line {n}", mac(n), content('{"a":6}')) for n in (1, 2)]
        whole = bulk.load(entries, ImportOptions(on_conflict=OnConflict.REPLACE), on_refusal=refused.append)
        kept = bulk.load(entries, ImportOptions(keep_going=True, on_conflict=OnConflict.REPLACE))

        assert (1, False, 1, True) == (whole.refused, whole.stored, kept.refused, kept.stored)
        assert [("line 1", DocumentRefused)] == [(each.place, type(each.error)) for each in refused]
        assert ['{"a":5}', '{"a":6}'] == [service.get_by_mac(mac(n)).content.text for n in (1, 2)]
        patched = bulk.patch(Selection([mac(1)]), MergePatch.parse('{"a":9}'), BulkOptions()).tally
        assert (1, False) == (patched.refused, patched.stored)
        assert lamp

    def test_an_edit_of_a_layer_is_refused(
        self, store: Store, service: ConfigService, tags: TagService, lamp: int
    ) -> None:
        """With the device, the failures, and the layer that brings each; so is a tag that lets a layer reach the device."""
        layers = LayerService(store, service.clock)
        with pytest.raises(Unprocessable, match="would break the documents of 1 devices") as refused:
            layers.write(PutLayer("base", layer("base", text='{"b":{"c":7}}').definition))
        (device,) = cast("list[dict[str, Any]]", refused.value.details["refused"])
        layers.write(PutLayer("floor", layer("floor", 1, tags=["x"], text='{"b":8}').definition))
        with pytest.raises(DocumentRefused) as by_tag:
            tags.edit(mac(1), LabelEdit(add=["x"]))

        assert str(mac(1)) == device["mac_address"]
        expected = {"expected": "an integer of at most 5"}
        assert [{"pointer": "/b/c", "found": "7", "layer": "base"} | expected] == device["failures"]
        assert [{"pointer": "/b", "found": "8", "layer": "floor"} | expected] == by_tag.value.details[
            "failures"
        ]
        assert '{"a":5}' == service.get(lamp).content.text
        assert () == service.get(lamp).labels.tags

    def test_rules_that_devices_break_are_not_enforced(
        self, service: ConfigService, models: ModelService, lamp: int
    ) -> None:
        """The error lists the devices; with a warning, or of devices that fit, they are."""
        stricter = Budget(integer_max=4)
        with pytest.raises(ModelRefused, match="of 1 device break the model lamp") as refused:
            models.put("lamp", ModelRules(budget=stricter, mode=Mode.ENFORCE))
        (device,) = cast("list[dict[str, Any]]", refused.value.details["devices"])
        assert (str(mac(1)), "/a") == (device["mac_address"], device["failures"][0]["pointer"])
        assert 1 == models.get("lamp").model.revision
        models.put("lamp", ModelRules(budget=stricter))
        service.update(lamp, content('{"a":9}'))
        service.update(lamp, content('{"a":4}'))

        assert 3 == models.put("lamp", ModelRules(budget=stricter, mode=Mode.ENFORCE)).model.revision

    def test_a_change_of_a_model_is_not_undone(
        self, store: Store, service: ConfigService, models: ModelService
    ) -> None:
        """The error says why, and what to do instead."""
        change = models.put("lamp", SMALL).change
        assert change is not None
        with pytest.raises(
            Unprocessable, match='is one of the model "lamp", and cannot be undone: earlier rules'
        ) as refused:
            BulkService(store, service.clock).undo(change, BulkOptions())

        assert "lamp" == refused.value.details["model"]
        assert 1 == models.get("lamp").model.revision

    def test_validation(
        self, service: ConfigService, models: ModelService, tags: TagService, lamp: int
    ) -> None:
        """Of the devices of all models, of one, and against rules that are not stored, then also of devices without a model."""
        models.put("plug", ModelRules(budget=Budget(depth=1)))
        for number, text, name in ((2, '{"a":{}}', "plug"), (3, '{"a":1}', "plug"), (4, '{"a":9}', None)):
            service.create(mac(number), content(text))
            tags.edit(mac(number), LabelEdit(add=["t"], model=name))
        stored, one = models.validate(), models.validate("lamp")
        new = models.validate(rules=ModelRules(budget=Budget(integer_max=0)))
        of_plugs = models.validate("plug", ModelRules(budget=Budget(integer_max=0)))

        assert [(3, [2]), (1, []), (4, [1, 3, 4]), (2, [3])] == [
            (found.checked, [int(str(each.mac_address)[-2:], 16) for each in found.failing])
            for found in (stored, one, new, of_plugs)
        ]
        assert [("plug", "/a")] == [(each.model, each.failures[0].pointer) for each in stored.failing]
        assert (1, True) == (len((limited := models.validate(rules=SMALL, limit=1)).failing), limited.more)
        with pytest.raises(RecordNotFound):
            models.validate("desk")
        assert lamp

    def test_a_model_follows_adoption_like_another_device(
        self, store: Store, service: ConfigService, lamp: int
    ) -> None:
        """A new board gets content and tags, and no model yet: nothing is refused."""
        adopted = AdoptionService(store, service.clock).adopt_like(mac(9), mac(1))
        assert '{"a":5}' == adopted.content.text
        assert lamp
