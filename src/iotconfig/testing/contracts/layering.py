"""The contract of a store behind the use cases of layers: edits, refusals, undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from iotconfig.domain.change_notes import ChangeNote, Operation
from iotconfig.domain.configs.bulk import BulkRefusal, Tally
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.labels import LabelEdit
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import (
    ChangedSince,
    IotConfigError,
    PlaceTaken,
    PreconditionFailed,
    RecordNotFound,
    Unprocessable,
    ValidationFailed,
)
from iotconfig.domain.layering.edits import (
    CreateLayer,
    DeleteLayer,
    LayersEdit,
    OrderLayers,
    PatchLayer,
    PutLayer,
    RollBackLayer,
)
from iotconfig.domain.layering.service import LayerService
from iotconfig.domain.layering.undoing import undo_layers
from iotconfig.domain.layers.layer import LayerDefinition
from iotconfig.domain.layers.reach import EVERYTHING, Reach
from iotconfig.domain.layers.revisions import LayerHistoryQuery
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import SteppingClock, step
from iotconfig.testing.use_cases import UseCases

A, B, LAMP = Reach(tags=["a"]), Reach(tags=["b"]), Reach(model="lamp")


def definition(reach: Reach = A, rank: int | None = None, **members: Any) -> LayerDefinition:
    """Return a definition of a layer with these members in its document."""
    return LayerDefinition(content(**members), reach, rank)


def patch(name: str, merge: Callable[[LayerDefinition], LayerDefinition], **given: Any) -> PatchLayer:
    """Return an edit that changes the present definition."""
    return PatchLayer(name, MergePatch.parse("{}"), lambda present, _patch: merge(present), **given)


class LayeringContract(UseCases):
    """Needs the fixture `store`: an empty store."""

    @pytest.fixture
    def layers(self, store: Store, clock: SteppingClock) -> LayerService:
        """The use cases of layers over the store."""
        return LayerService(store, clock)

    @pytest.fixture
    def bulk_of_layers(self, store: Store, clock: SteppingClock, layers: LayerService) -> BulkService:
        """The use cases of many configs, with the undo of layers."""
        return BulkService(store, clock, undo_others=lambda *given: undo_layers(layers, *given))

    def test_a_layer_comes_and_changes_and_goes(self, layers: LayerService) -> None:
        """Each edit is one revision of the layer, with its author; a later layer of the name goes on counting."""
        note = ChangeNote("eve", "why")
        made = layers.write(CreateLayer("floor", definition(rank=5, n=1)), note)
        layers.write(PutLayer("floor", definition(B, 6, n=2)), note)
        layers.write(patch("floor", lambda present: evolve(present, enabled=False)), note)
        layers.write(RollBackLayer("floor", 1), note)
        layers.write(DeleteLayer("floor"), note)
        layers.write(PutLayer("floor", definition(EVERYTHING)), note)

        assert [
            (1, Operation.CREATE, A, 5, True, content(n=1).etag),
            (2, Operation.UPDATE, B, 6, True, content(n=2).etag),
            (3, Operation.UPDATE, B, 6, False, content(n=2).etag),
            (4, Operation.ROLLBACK, B, 6, False, content(n=1).etag),
            (5, Operation.DELETE, B, 6, False, None),
            (6, Operation.CREATE, EVERYTHING, None, True, content().etag),
        ] == [
            (r.revision, r.operation, r.reach, r.rank, r.enabled, r.etag)
            for r in reversed([*layers.all_revisions("floor")])
        ]
        assert {note} == {r.note for r in layers.all_revisions("floor")}
        assert [made.change] == [change.layer.change for change in made.changes]
        assert (6, step(5)) == ((found := layers.get("floor")).revision, found.created_at)
        assert [found] == [*layers.all()]
        assert [found.summary()] == [*layers.list()]

    def test_an_edit_that_changes_nothing(self, store: Store, layers: LayerService) -> None:
        """It makes no revision, and no row in the change log."""
        layers.write(PutLayer("floor", definition(rank=5, n=1)))
        for edit in (
            PutLayer("floor", definition(rank=5, n=1)),
            patch("floor", lambda present: present),
            RollBackLayer("floor", 1),
            OrderLayers(["floor"]),
        ):
            written = layers.write(edit)
            assert (None, ()) == (written.change, written.changes)

        assert 1 == layers.get("floor").revision
        assert 1 == len(store.changes_since(0, 9))

    @pytest.mark.parametrize(
        ("edit", "error", "message"),
        [
            (CreateLayer("floor", definition(rank=9)), PlaceTaken, 'named "floor" exists already'),
            (PutLayer("other", definition(B, 5)), PlaceTaken, '"floor" and "other" would both have rank 5'),
            (PutLayer("other", definition(EVERYTHING)), PlaceTaken, "only one fleet layer"),
            (PutLayer("other", definition(LAMP)), PlaceTaken, 'the model "lamp"'),
            (patch("floor", lambda p: evolve(p, reach=EVERYTHING, rank=None)), PlaceTaken, "fleet layer"),
            (DeleteLayer("other"), RecordNotFound, "Layer other was not found"),
            (RollBackLayer("other", 1), RecordNotFound, "Layer other was not found"),
            (RollBackLayer("floor", 2), RecordNotFound, 'Revision 2 of layer "floor" was not found'),
            (RollBackLayer("floor", 2**70), RecordNotFound, "was not found"),
            (RollBackLayer("floor", 0), RecordNotFound, "was not found"),
            (patch("other", lambda present: present), RecordNotFound, "Layer other was not found"),
            (OrderLayers([]), ValidationFailed, "lacks: floor"),
            (OrderLayers(["floor", "floor"]), ValidationFailed, 'names the layer "floor" 2 times'),
            (OrderLayers(["floor", "base"]), ValidationFailed, '"base" has no rank'),
            (OrderLayers(["floor", "other"]), RecordNotFound, "Layer other was not found"),
            (DeleteLayer("floor", Precondition(one_of={2})), PreconditionFailed, "is at revision 1"),
            (RollBackLayer("floor", 1, Precondition(none_of={1})), PreconditionFailed, "is at revision 1"),
            (
                PutLayer("floor", definition(rank=5), Precondition(exists=False)),
                PreconditionFailed,
                "is at revision 1",
            ),
            (
                PutLayer("other", definition(rank=6), Precondition(exists=True)),
                PreconditionFailed,
                'there is none named "other"',
            ),
            (
                patch("floor", lambda present: present, precondition=Precondition(one_of={7})),
                PreconditionFailed,
                "is at revision 1",
            ),
        ],
    )
    def test_edits_that_are_refused(
        self, store: Store, layers: LayerService, edit: LayersEdit, error: type[IotConfigError], message: str
    ) -> None:
        """Nothing is stored then; a preview refuses alike."""
        for name, given in (
            ("floor", definition(rank=5)),
            ("base", definition(EVERYTHING)),
            ("l", definition(LAMP)),
        ):
            layers.write(PutLayer(name, given))
        before = layers.all()
        for act in (layers.write, layers.preview):
            with pytest.raises(error, match=message):
                act(edit)

        assert before == layers.all()
        assert 3 == len(store.changes_since(0, 9))

    def test_a_layer_is_not_rolled_back_to_its_deletion(self, layers: LayerService) -> None:
        """A deletion has no document."""
        layers.write(PutLayer("floor", definition(rank=5)))
        layers.write(DeleteLayer("floor"))
        layers.write(PutLayer("floor", definition(rank=6)))

        with pytest.raises(ValidationFailed, match='Revision 2 of layer "floor" is its deletion'):
            layers.write(RollBackLayer("floor", 2))

    def test_no_more_than_two_hundred_layers(self, layers: LayerService) -> None:
        """The disabled ones are counted, too."""
        for number in range(200):
            layers.write(PutLayer(f"layer-{number}", evolve(definition(rank=number + 1), enabled=False)))

        with pytest.raises(Unprocessable, match="at most 200 layers, and would be 201"):
            layers.write(CreateLayer("more", definition(EVERYTHING)))
        layers.write(DeleteLayer("layer-7"))
        layers.write(CreateLayer("more", definition(EVERYTHING)))

    def test_another_order(self, store: Store, layers: LayerService) -> None:
        """The layers of tags exchange their ranks in one write; those that stay in their place have no revision of it."""
        layers.write(PutLayer("base", definition(EVERYTHING)))
        for rank, name in ((10, "one"), (20, "two"), (30, "three"), (40, "four")):
            layers.write(PutLayer(name, evolve(definition(rank=rank), enabled=name != "two")))
        written = layers.write(OrderLayers(["three", "two", "one", "four"]))

        assert ["base", "three", "two", "one", "four"] == [layer.name for layer in layers.all()]
        assert [None, 10, 20, 30, 40] == [layer.rank for layer in layers.all()]
        assert [1, 2, 1, 2, 1] == [layer.revision for layer in layers.all()]
        assert {written.change} == {row.change for row in store.changes_since(5, 9)}
        assert ["three", "one"] == [row.subject.key for row in store.changes_since(5, 9)]

    def test_a_patch_meets_another_change(self, layers: LayerService) -> None:
        """It is merged again into what is there then, so that neither is lost."""
        layers.write(PutLayer("floor", definition(rank=5, n=1)))
        others = iter(range(10, 16))

        def merge(present: LayerDefinition) -> LayerDefinition:
            rank = next(others, None)
            # More often than the patch is merged ahead of the lock.
            if rank is not None and rank < 14:
                layers.write(PutLayer("floor", definition(rank=rank, n=rank)))
            return evolve(present, enabled=False)

        layers.write(patch("floor", merge))
        found = layers.get("floor")

        assert (13, False, content(n=13)) == (found.rank, found.enabled, found.content)

    def test_what_a_preview_tells(self, store: Store, service: ConfigService, layers: LayerService) -> None:
        """The devices that a changed layer reaches, or reached before; nothing is stored."""
        tags = TagService(store, service.clock)
        for number, words in enumerate((["a"], ["a", "b"], ["b"], ["c"]), 1):
            service.create(mac(number), content())
            tags.edit(mac(number), LabelEdit(add=words))
        layers.write(PutLayer("floor", definition(rank=5)))
        position = store.newest_position()

        def devices(edit: LayersEdit) -> int:
            return layers.preview(edit).devices

        assert 2 == devices(DeleteLayer("floor"))
        assert 3 == devices(PutLayer("floor", definition(B, 5)))
        assert 4 == devices(PutLayer("base", definition(EVERYTHING)))
        assert 2 == devices(PutLayer("other", definition(B, 6)))
        assert 1 == devices(PutLayer("other", definition(Reach(tags=["b"], not_tags=["a"]), 6)))
        assert 0 == devices(PutLayer("other", evolve(definition(B, 6), enabled=False)))
        assert 0 == devices(PutLayer("floor", definition(rank=5)))
        assert 2 == devices(patch("floor", lambda present: evolve(present, enabled=False)))
        found = layers.preview(PutLayer("floor", definition(B, 5)))
        assert ([("floor", 2, B)], ()) == (
            [(e.name, e.revision, e.reach) for e in found.layers],
            found.deleted,
        )
        assert ((), ("floor",)) == ((p := layers.preview(DeleteLayer("floor"))).layers, p.deleted)
        assert position == store.newest_position()

    def test_revisions_of_a_layer_are_compared(self, layers: LayerService) -> None:
        """By default, the newest revision with the one before it; also of a layer that was deleted."""
        layers.write(PutLayer("floor", definition(rank=5, n=1)))
        before, first = layers.compare("floor")
        assert (None, 1) == (before, first.revision)
        layers.write(PutLayer("floor", definition(rank=5, n=2)))
        layers.write(DeleteLayer("floor"))

        for asked, expected in [((), [2, 3]), ((1,), [1, 3]), ((None, 2), [1, 2]), ((3, 1), [3, 1])]:
            assert expected == [r and r.revision for r in layers.compare("floor", *asked)]
        assert content(n=1) == layers.revision("floor", 1).content
        assert [3, 2, 1] == [r.revision for r in layers.revisions(LayerHistoryQuery("floor"))]

    def test_layers_that_never_were(self, layers: LayerService) -> None:
        """Unknown names raise `RecordNotFound`, what is no name `ValidationFailed`."""
        acts: list[Callable[[str], object]] = [
            layers.get,
            lambda name: layers.revisions(LayerHistoryQuery(name)),
            lambda name: layers.revision(name, 1),
            layers.compare,
            lambda name: layers.write(DeleteLayer(name)),
        ]
        for act in acts:
            with pytest.raises(RecordNotFound, match="Layer other was not found"):
                act("other")
            with pytest.raises(ValidationFailed, match="is no name of a layer"):
                act("No name")

    def test_each_change_is_undone(self, layers: LayerService, bulk_of_layers: BulkService) -> None:
        """A new layer goes, a deleted one returns, a changed one gets its definition back; and an undo is undone, too."""
        made = layers.write(CreateLayer("floor", definition(rank=5, n=1))).change
        moved = layers.write(PutLayer("floor", evolve(definition(B, 6, n=2), enabled=False))).change
        assert moved is not None
        assert made is not None
        undone = bulk_of_layers.undo(moved, BulkOptions(), ChangeNote("eve"))

        assert definition(rank=5, n=1) == layers.get("floor").definition
        assert Tally(changed=1, stored=True) == undone
        newest = next(layers.all_revisions("floor"))
        assert (undone.change, Operation.ROLLBACK, ChangeNote("eve", f"Undo of change {moved}")) == (
            newest.change,
            newest.operation,
            newest.note,
        )
        gone = layers.write(DeleteLayer("floor")).change
        assert gone is not None
        back = bulk_of_layers.undo(gone, BulkOptions())
        assert Tally(restored=1, stored=True) == back
        assert (5, definition(rank=5, n=1)) == ((f := layers.get("floor")).revision, f.definition)
        assert back.change is not None
        assert Tally(deleted=1, stored=True) == bulk_of_layers.undo(back.change, BulkOptions())
        assert [] == [*layers.all()]

    def test_the_undo_of_an_order(self, layers: LayerService, bulk_of_layers: BulkService) -> None:
        """All ranks return together, or none does."""
        for rank, name in enumerate(("one", "two", "three"), 1):
            layers.write(PutLayer(name, definition(rank=rank)))
        ordered = layers.write(OrderLayers(["three", "one", "two"])).change
        assert ordered is not None
        dry = bulk_of_layers.undo(ordered, BulkOptions(dry_run=True))
        assert (Tally(changed=3), None) == (dry, dry.change)
        assert ["three", "one", "two"] == [layer.name for layer in layers.all()]
        assert Tally(changed=3, stored=True) == bulk_of_layers.undo(ordered, BulkOptions())
        assert ["one", "two", "three"] == [layer.name for layer in layers.all()]

    def test_what_cannot_be_undone(self, layers: LayerService, bulk_of_layers: BulkService) -> None:
        """A layer that has changed again is refused, and with it the others; `keep_going` leaves it out."""
        for rank, name in enumerate(("one", "two", "three"), 1):
            layers.write(PutLayer(name, definition(rank=rank)))
        ordered = layers.write(OrderLayers(["two", "one", "three"])).change
        assert ordered is not None
        layers.write(PutLayer("one", definition(rank=7)))
        refused: list[BulkRefusal] = []
        for options, expected in (
            (BulkOptions(), Tally(refused=1)),
            (BulkOptions(dry_run=True), Tally(refused=1)),
            (BulkOptions(keep_going=True), Tally(changed=1, refused=1, stored=True)),
        ):
            refused.clear()
            assert expected == bulk_of_layers.undo(ordered, options, on_refusal=refused.append)
            assert [("layer one", ChangedSince)] == [(each.place, type(each.error)) for each in refused]

        assert [("two", 2), ("three", 3), ("one", 7)] == [(e.name, e.rank) for e in layers.all()]

    def test_an_undo_whose_place_is_taken(self, layers: LayerService, bulk_of_layers: BulkService) -> None:
        """Another layer has the rank by now: the undo is refused whole."""
        layers.write(PutLayer("one", definition(rank=1)))
        moved = layers.write(PutLayer("one", definition(rank=2))).change
        assert moved is not None
        layers.write(PutLayer("two", definition(rank=1)))

        with pytest.raises(PlaceTaken, match='"one" and "two" would both have rank 1'):
            bulk_of_layers.undo(moved, BulkOptions())

    def test_the_undo_of_a_change_of_configs(
        self, service: ConfigService, layers: LayerService, bulk_of_layers: BulkService
    ) -> None:
        """It is what it was without layers."""
        layers.write(PutLayer("one", definition(rank=1)))
        config = service.create(mac(1), content())

        assert 1 == bulk_of_layers.undo(config.change, BulkOptions()).deleted
        with pytest.raises(RecordNotFound):
            bulk_of_layers.undo("0" * 16, BulkOptions())
