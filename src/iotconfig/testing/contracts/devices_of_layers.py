"""The contract of devices that layers alone serve: they have no content of their own, and always a document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.adopting import AdoptionService
from iotconfig.domain.configs.bulk import BulkEntry, OnConflict
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.edits import Merge, Rollback
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.labels import LabelEdit, Labels
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.revisions import ChangeNote, HistoryQuery, Operation
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import (
    PreconditionFailed,
    RecordExists,
    RecordGone,
    RecordNotFound,
    Unprocessable,
    ValidationFailed,
)
from iotconfig.domain.layering.edits import DeleteLayer, PutLayer
from iotconfig.domain.layering.explaining import ExplanationService
from iotconfig.domain.layering.service import LayerService
from iotconfig.domain.layers.layer import LayerDefinition
from iotconfig.domain.layers.reach import EVERYTHING, Reach
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import SteppingClock
from iotconfig.testing.contracts.layered_documents import check_folded, check_history, drain, text_of
from iotconfig.testing.use_cases import UseCases

NOTE: Final = ChangeNote("ada", "for the hall")
FLOOR: Final = Labels(["floor-3"])
_ALL: Final = '{"b": 1}'
_OF_FLOOR: Final = '{"b": 1,"c": 2}'


class DevicesOfLayersContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    @pytest.fixture
    def two_layers(self, store: Store, clock: SteppingClock) -> LayerService:
        """The use cases of layers over the same store, with a layer for all devices and one for a floor."""
        two_layers = LayerService(store, clock)
        two_layers.write(PutLayer("base", LayerDefinition(content(b=1), EVERYTHING)))
        two_layers.write(PutLayer("floor", LayerDefinition(content(c=2), Reach(tags=["floor-3"]), 5)))
        return two_layers

    @pytest.fixture
    def adoption(self, store: Store, clock: SteppingClock) -> AdoptionService:
        """The use cases of adoption over the same store."""
        return AdoptionService(store, clock)

    @pytest.fixture
    def tags(self, store: Store, clock: SteppingClock) -> TagService:
        """The use cases of tags over the same store."""
        return TagService(store, clock)

    @pytest.fixture
    def bulk(self, store: Store, clock: SteppingClock) -> BulkService:
        """The bulk use cases over the same store."""
        return BulkService(store, clock)

    def test_a_device_without_content_is_served_by_layers(
        self,
        two_layers: LayerService,
        adoption: AdoptionService,
        service: ConfigService,
        history: HistoryService,
        store: Store,
        queue: NotificationQueue,
    ) -> None:
        """It is announced and logged as any new device, and has its labels from the first document on."""
        made = adoption.add("02-00-00-00-00-01", Labels(["floor-3"], "by the door"), note=NOTE)

        assert (mac(1), 1, ("floor-3",), "by the door") == (
            made.mac_address,
            made.revision,
            made.tags,
            made.note,
        )
        document = store.documents.get(mac(1))
        assert document is not None
        assert (1, _OF_FLOOR.encode(), made.etag) == (document.number, document.body, document.etag)
        assert [str(mac(1))] == drain(queue)
        revision = history.revision(made.id, 1)
        assert (Operation.CREATE, None, NOTE) == (revision.operation, revision.content, revision.note)
        assert revision.summary().etag is None
        assert [None] == [each.etag for each in history.revisions(HistoryQuery(made.id))]
        check_history(store, 1)

    def test_with_content_it_is_a_config_like_any_other(
        self, two_layers: LayerService, adoption: AdoptionService, service: ConfigService, store: Store
    ) -> None:
        """No layer is needed then."""
        adoption.add(mac(1), FLOOR, content(a=1), NOTE)

        assert ('{"a": 1}', FLOOR) == (
            service.get_by_mac(mac(1)).content.text,
            service.get_by_mac(mac(1)).labels,
        )
        assert '{"b": 1,"c": 2,"a": 1}' == text_of(store, 1)

    def test_without_a_layer_a_device_needs_content(self, adoption: AdoptionService, store: Store) -> None:
        """It would have no document. Nothing is stored, so that the board can still be adopted."""
        with pytest.raises(Unprocessable, match="no layer reaches it"):
            adoption.add(mac(1), FLOOR)

        assert (0, None) == (len(store.changes_since(0, 10)), text_of(store, 1))
        assert 1 == adoption.add(mac(1), FLOOR, content()).revision

    def test_what_is_a_device_or_was_one_is_refused(
        self, two_layers: LayerService, adoption: AdoptionService, service: ConfigService
    ) -> None:
        """As with any adoption."""
        adoption.add(mac(1))
        with pytest.raises(RecordExists):
            adoption.add(mac(1))
        with pytest.raises(RecordExists):
            service.create(mac(1), content())
        service.delete_device(mac(1))

        with pytest.raises(RecordGone, match="config restore"):
            adoption.add(mac(1))

    def test_its_model_must_exist(
        self, two_layers: LayerService, adoption: AdoptionService, store: Store
    ) -> None:
        """As for any label."""
        with pytest.raises(Unprocessable, match='no model "lamp"'):
            adoption.add(mac(1), Labels(model="lamp"))

        assert text_of(store, 1) is None

    def test_a_config_is_found_only_with_content(
        self, two_layers: LayerService, adoption: AdoptionService, service: ConfigService, bulk: BulkService
    ) -> None:
        """The error names the way out; lists, exports and copies leave the device out."""
        made = adoption.add(mac(1))
        service.create(mac(2), content(a=1))

        with pytest.raises(RecordNotFound, match=f"PUT /api/configs/by-mac/{mac(1)}"):
            service.get(made.id)
        with pytest.raises(RecordNotFound, match=f"PUT /api/configs/by-mac/{mac(1)}"):
            service.get_by_mac(mac(1))
        with pytest.raises(RecordNotFound, match="layers alone serve"):
            adoption.adopt_like(mac(3), mac(1))
        page = service.find(ConfigQuery())
        assert ([mac(2)], 1) == ([each.mac_address for each in page], page.count)
        assert 0 == service.find(ConfigQuery(text=str(mac(1)))).count
        alone = service.find(ConfigQuery(with_content=False))
        assert ([mac(1)], 1) == ([each.mac_address for each in alone], alone.count)
        assert [mac(2)] == [each.mac_address for each in service.all()]
        with bulk.export() as exported:
            assert [mac(2)] == [each.mac_address for each in exported]
        assert made.id == service.id_of(mac(1))

    def test_content_comes_under_the_same_id(
        self, two_layers: LayerService, adoption: AdoptionService, service: ConfigService, store: Store
    ) -> None:
        """By a put, an update or a patch, which changes an empty object; the condition of a put sees a config."""
        first, second = (adoption.add(mac(number), FLOOR) for number in (1, 2))
        with pytest.raises(PreconditionFailed):
            service.put(mac(1), content(a=1), Precondition(exists=False))
        assert service.preview_put(mac(1), content(a=1)) is None
        config, is_new = service.put(mac(1), content(a=1))
        patched = service.edit(second.id, Merge(MergePatch.parse('{"a": 2}')))

        assert (first.id, False, 2) == (config.id, is_new, config.revision)
        assert ('{"a":2}', FLOOR) == (patched.content.text.replace(" ", ""), patched.labels)
        assert config == service.get(first.id)
        check_folded(store, 1, 2)

    def test_a_deletion_of_the_content_leaves_the_document_of_layers(
        self,
        two_layers: LayerService,
        service: ConfigService,
        history: HistoryService,
        store: Store,
        queue: NotificationQueue,
    ) -> None:
        """It takes a revision and is announced as another document; only content can be deleted this way."""
        created = service.create(mac(1), content(a=1))
        drain(queue)
        service.delete(created.id, note=NOTE)

        assert (_ALL, [str(mac(1))]) == (text_of(store, 1), drain(queue))
        newest = history.revision(created.id, 2)
        assert (Operation.CLEAR, None, NOTE) == (newest.operation, newest.content, newest.note)
        check_folded(store, 1)
        check_history(store, 1)
        with pytest.raises(RecordNotFound, match="layers alone serve"):
            service.delete(created.id)
        with pytest.raises(PreconditionFailed):
            service.delete_device(mac(1), Precondition(one_of={1}))

    def test_without_a_layer_a_deletion_ends_the_device(
        self, service: ConfigService, store: Store, history: HistoryService
    ) -> None:
        """As it always did."""
        created = service.create(mac(1), content(a=1))
        service.delete(created.id)

        assert text_of(store, 1) is None
        assert Operation.DELETE is history.revision(created.id, 2).operation

    def test_restore_brings_back_what_was_there(
        self, two_layers: LayerService, adoption: AdoptionService, service: ConfigService, store: Store
    ) -> None:
        """The content of a device that layers serve, and a device as it was when it ended."""
        created = service.create(mac(1), content(a=1))
        service.delete(created.id)
        assert '{"a": 1}' == service.restore(created.id).content.text
        with pytest.raises(RecordExists):
            service.restore(created.id)
        service.delete_device(mac(1))
        assert text_of(store, 1) is None
        assert '{"a": 1}' == service.restore(created.id).content.text
        made = adoption.add(mac(2), FLOOR)
        service.delete_device(mac(2))
        assert text_of(store, 2) is None
        restored = service.restore(made.id)

        assert (False, FLOOR, _OF_FLOOR) == (restored.has_content, restored.labels, text_of(store, 2))
        with pytest.raises(RecordGone, match="never had content"):
            service.restore(made.id)
        check_folded(store, 1, 2)
        for number in (1, 2):
            check_history(store, number)

    def test_a_device_without_content_returns_only_under_a_layer(
        self, two_layers: LayerService, adoption: AdoptionService, service: ConfigService, store: Store
    ) -> None:
        """It would have no document."""
        made = adoption.add(mac(1))
        service.delete_device(mac(1))
        two_layers.write(DeleteLayer("base"))

        with pytest.raises(Unprocessable, match="no layer reaches it"):
            service.restore(made.id)
        assert text_of(store, 1) is None

    def test_the_last_layer_does_not_leave_it(
        self,
        two_layers: LayerService,
        adoption: AdoptionService,
        tags: TagService,
        store: Store,
        queue: NotificationQueue,
    ) -> None:
        """By an edit of a layer or of tags: it is refused with the list, because a device always has a document."""
        two_layers.write(DeleteLayer("base"))
        adoption.add(mac(1), FLOOR)
        drain(queue)
        with pytest.raises(Unprocessable, match="no layer reaches it") as refused:
            two_layers.write(DeleteLayer("floor"))
        listed = refused.value.details["refused"]
        assert isinstance(listed, list)
        assert [str(mac(1))] == [each["mac_address"] for each in listed]
        assert 1 == two_layers.preview(DeleteLayer("floor")).refused
        with pytest.raises(Unprocessable, match="no layer reaches it"):
            tags.edit(mac(1), LabelEdit(remove=["floor-3"]))

        assert ('{"c": 2}', []) == (text_of(store, 1), drain(queue))

    def test_it_follows_layers_and_tags(
        self, two_layers: LayerService, adoption: AdoptionService, tags: TagService, store: Store
    ) -> None:
        """As any other device."""
        adoption.add(mac(1))
        tags.edit(mac(1), LabelEdit(add=["floor-3"]))
        assert _OF_FLOOR == text_of(store, 1)
        two_layers.write(PutLayer("base", LayerDefinition(content(b=3), EVERYTHING)))

        assert '{"b": 3,"c": 2}' == text_of(store, 1)
        check_history(store, 1)

    def test_it_moves_to_another_board(
        self,
        two_layers: LayerService,
        adoption: AdoptionService,
        service: ConfigService,
        store: Store,
    ) -> None:
        """With its labels, and is announced again on request."""
        made = adoption.add(mac(1), FLOOR)
        moved = service.replace_device(made.id, mac(2))

        assert (made.id, mac(2), False, FLOOR) == (
            moved.id,
            moved.mac_address,
            moved.has_content,
            moved.labels,
        )
        assert [None, _OF_FLOOR] == [text_of(store, number) for number in (1, 2)]
        assert moved == service.announce(made.id)
        with pytest.raises(ValidationFailed, match="layers alone served its device"):
            service.edit(made.id, Rollback(1))
        check_history(store, 2)

    @pytest.mark.parametrize(
        "write",
        [
            lambda service, bulk: service.put(mac(1), content(a=2))[0].change,
            lambda service, bulk: bulk.load([BulkEntry("1", mac(1), content(a=2))], ImportOptions()).change,
            lambda service, bulk: service.delete_device(mac(1)),
        ],
        ids=["put", "import", "end"],
    )
    def test_undo_takes_content_and_end_back(
        self,
        two_layers: LayerService,
        adoption: AdoptionService,
        service: ConfigService,
        bulk: BulkService,
        store: Store,
        write: Callable[[ConfigService, BulkService], Any],
    ) -> None:
        """The device is without content again; the undo of the undo gives it back."""
        adoption.add(mac(1), FLOOR)
        change = write(service, bulk)
        before = text_of(store, 1)
        undone = bulk.undo(change, BulkOptions())
        assert undone.stored
        assert _OF_FLOOR == text_of(store, 1)
        with pytest.raises(RecordNotFound):
            service.get_by_mac(mac(1))
        assert undone.change is not None
        assert bulk.undo(undone.change, BulkOptions()).stored

        assert before == text_of(store, 1)
        check_history(store, 1)

    def test_undo_of_a_deletion_and_of_an_adoption(
        self,
        two_layers: LayerService,
        adoption: AdoptionService,
        service: ConfigService,
        bulk: BulkService,
        store: Store,
    ) -> None:
        """The content comes back; the device that was made is gone."""
        created = service.create(mac(1), content(a=1))
        deleted = service.delete(created.id)
        assert 1 == bulk.undo(deleted, BulkOptions()).changed
        assert '{"a": 1}' == service.get(created.id).content.text
        made = adoption.add(mac(2))
        assert 1 == bulk.undo(made.change, BulkOptions()).deleted

        assert ['{"b": 1,"a": 1}', None] == [text_of(store, number) for number in (1, 2)]

    def test_undo_does_not_leave_a_device_without_a_document(
        self,
        two_layers: LayerService,
        adoption: AdoptionService,
        service: ConfigService,
        bulk: BulkService,
        store: Store,
    ) -> None:
        """Where the layers are gone, it is refused."""
        adoption.add(mac(1))
        config, _ = service.put(mac(1), content(a=1))
        two_layers.write(DeleteLayer("base"))
        refusals: list[Any] = []
        undone = bulk.undo(config.change, BulkOptions(), on_refusal=refusals.append)

        assert (False, 1, '{"a": 1}') == (undone.stored, undone.refused, text_of(store, 1))
        assert "no layer reaches it" in str(refusals[0].error)

    def test_writes_of_many_leave_it_as_it_is(
        self,
        two_layers: LayerService,
        adoption: AdoptionService,
        service: ConfigService,
        bulk: BulkService,
        tags: TagService,
        store: Store,
    ) -> None:
        """A patch has nothing to change, and an import that prunes removes contents only; tags are for all devices."""
        adoption.add(mac(1))
        service.create(mac(2), content(a=1))
        service.create(mac(3), content(a=1))
        every = Selection(everything=True)
        patched = bulk.patch(every, MergePatch.parse('{"x": 1}'), BulkOptions())
        assert (2, 0) == (patched.tally.changed, patched.tally.refused)
        pruning = ImportOptions(prune=True, expect_removed=1, on_conflict=OnConflict.REPLACE)
        tally = bulk.load([BulkEntry("2", mac(2), content(a=1, x=1))], pruning)
        assert (1, 0) == (tally.deleted, tally.refused)

        assert [_ALL, None] == [text_of(store, number) for number in (1, 3)]
        assert 2 == tags.tag(every, LabelEdit(add=["floor-3"])).changed
        assert _OF_FLOOR == text_of(store, 1)

    def test_what_it_is_and_was_served_is_explained(
        self,
        two_layers: LayerService,
        adoption: AdoptionService,
        service: ConfigService,
        store: Store,
        clock: SteppingClock,
    ) -> None:
        """Without own content, and what it was served before."""
        made = adoption.add(mac(1), FLOOR)
        at = made.updated_at
        service.put(mac(1), content(a=1))
        service.delete(made.id)
        explaining = ExplanationService(store)

        now, then = explaining.document(mac(1)), explaining.document(mac(1), at)
        assert [_OF_FLOOR, _OF_FLOOR] == [each.content.text for each in (now, then)]
        assert (3, 1) == (now.number, then.number)
        assert ["base", "floor"] == [each.source.name for each in now.members()]

    def test_an_end_needs_a_device(self, service: ConfigService, store: Store) -> None:
        """An unknown MAC address stays unknown."""
        with pytest.raises(RecordNotFound):
            service.delete_device(mac(1))

        created = service.create(mac(1), content())
        service.replace_device(created.id, mac(2))
        with pytest.raises(RecordGone):
            service.delete_device(mac(1))
