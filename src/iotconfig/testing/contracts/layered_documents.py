"""The contract of documents under layers: every write serves what the layers, the tags and the content make together."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final, TypeVar

import pytest

from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs import changes
from iotconfig.domain.configs.adopting import AdoptionService
from iotconfig.domain.configs.bulk import BulkEntry, OnConflict
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.edits import Merge, Rollback
from iotconfig.domain.configs.labels import LabelEdit, Labels
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.documents.composition import OWN, Source, compose
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.documents.served import UsedLayer
from iotconfig.domain.errors import IotConfigError, RecordNotFound, Unprocessable, ValidationFailed
from iotconfig.domain.layering.edits import DeleteLayer, OrderLayers, PutLayer
from iotconfig.domain.layering.explaining import ExplanationService
from iotconfig.domain.layering.recomposing import AT_ONCE, CHARACTERS_AT_ONCE
from iotconfig.domain.layering.recomposition_job import recompose_all
from iotconfig.domain.layering.recomposition_steps import next_step
from iotconfig.domain.layering.service import LayerService
from iotconfig.domain.layers.layer import LayerDefinition
from iotconfig.domain.layers.layer_stack import LayerStack
from iotconfig.domain.layers.reach import EVERYTHING, Reach
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.models.model import ModelRules
from iotconfig.testing.announcement_builders import EVERYTHING as ALL_NOTIFICATIONS
from iotconfig.testing.builders import content, mac, record
from iotconfig.testing.clocks import SteppingClock, step
from iotconfig.testing.composition_examples import CompositionExample, composition_examples
from iotconfig.testing.contracts.models import model as device_model
from iotconfig.testing.contracts.models import record_model
from iotconfig.testing.simultaneous import together
from iotconfig.testing.use_cases import UseCases

T = TypeVar("T")

FLOOR: Final = Reach(tags=["floor-3"])
LAMP: Final = Reach(tags=["lamp"])


def put(name: str, reach: Reach = EVERYTHING, rank: int | None = None, /, **members: object) -> PutLayer:
    """The edit that makes a layer with these members, or replaces it."""
    return PutLayer(name, LayerDefinition(content(**members), reach, rank))


def text_of(store: Store, number: int) -> str | None:
    """What a device is served."""
    document = store.documents.get(mac(number))
    return None if document is None else document.body.decode()


def folded(store: Store, mac_address: MacAddress) -> bytes | None:
    """What the stored layers, tags and content of a device make together; None without a config."""
    with store.reading() as view:
        config = view.configs.get_by_mac(mac_address)
        stack = LayerStack.of(view.layers.all())
    if config is None:
        return None
    layers = stack.reaching(config.labels.tags, None)
    sources = [
        Source(layer.name, layer.content, layer.reach == EVERYTHING, layer.revision) for layer in layers
    ]
    own = config.content if config.has_content else None
    return bytes(compose(sources, own).content)


def check_folded(store: Store, *numbers: int) -> None:
    """Assert that each device is served what its layers, tags and content make together."""
    for number in numbers:
        document = store.documents.get(mac(number))
        assert folded(store, mac(number)) == (None if document is None else document.body)


def check_history(store: Store, number: int) -> None:
    """Assert that a device's document numbers are without a gap, and that its newest row is what it is served."""
    with store.reading() as view:
        rows = view.document_history.find(mac(number), None, 1000)
    numbers = [row.number for row in rows]
    document = store.documents.get(mac(number))
    if rows:
        assert [*range(numbers[0], numbers[0] - len(numbers), -1)] == numbers
        assert (document and document.etag) == rows[0].etag
        assert document is None or document.number == numbers[0]


def drain(queue: NotificationQueue) -> list[str]:
    """Take the pending notifications, and return the devices."""
    found = queue.find(ALL_NOTIFICATIONS)
    queue.acknowledge(found, [])
    return sorted(notification.announcement.subject.key for notification in found)


class LayeredDocumentsContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    @pytest.fixture
    def layers(self, store: Store, clock: SteppingClock) -> LayerService:
        """The use cases of layers over the same store."""
        return LayerService(store, clock)

    @pytest.fixture
    def tags(self, store: Store, clock: SteppingClock) -> TagService:
        """The use cases of tags over the same store."""
        return TagService(store, clock)

    @pytest.fixture
    def bulk(self, store: Store, clock: SteppingClock) -> BulkService:
        """The bulk use cases over the same store."""
        return BulkService(store, clock)

    def test_an_edit_of_a_layer_serves_the_devices_that_it_reaches(
        self,
        store: Store,
        service: ConfigService,
        layers: LayerService,
        tags: TagService,
        queue: NotificationQueue,
    ) -> None:
        """In the same transaction; only documents whose bytes change are announced."""
        for number in (1, 2, 3):
            service.create(mac(number), content(a=number))
        tags.edit(mac(2), LabelEdit(add=["floor-3"]))
        drain(queue)
        written = layers.write(put("base", b=1))
        assert 3 == written.served
        assert '{"b": 1,"a": 2}' == text_of(store, 2)
        assert [str(mac(n)) for n in (1, 2, 3)] == drain(queue)
        layers.write(put("floor", FLOOR, 5, b=2))
        assert [str(mac(2))] == drain(queue)
        layers.write(put("floor", FLOOR, 7, b=2))
        assert [] == drain(queue)
        layers.write(DeleteLayer("base"))

        assert ['{"a": 1}', '{"b": 2,"a": 2}'] == [text_of(store, n) for n in (1, 2)]
        check_folded(store, 1, 2, 3)

    def test_every_write_of_one_device_is_composed(
        self, store: Store, service: ConfigService, layers: LayerService
    ) -> None:
        """A creation, an update, a put, a merge, a rollback, a swap, a deletion and a restore."""
        layers.write(put("base", b=1, deviceName="Base"))
        created = service.create(mac(1), content(a=1))
        assert '{"b": 1,"deviceName": "Base","a": 1}' == text_of(store, 1)
        assert "Base" == created.device_name == service.get(created.id).device_name
        for write in (
            lambda: service.update(created.id, content(a=2)),
            lambda: service.put(mac(1), content(a=3, b=9)),
            lambda: service.edit(created.id, Merge(MergePatch.parse('{"c": 1}'))),
            lambda: service.edit(created.id, Rollback(1)),
            lambda: service.put(mac(2), content(z=1)),
            lambda: service.replace_device(created.id, mac(3)),
            lambda: service.delete(created.id),
            lambda: service.restore(created.id),
        ):
            write()
            check_folded(store, 1, 2, 3)
        for number in (1, 2, 3):
            check_history(store, number)

    def test_a_merge_keeps_derived_fields_of_the_own_content_apart(
        self, store: Store, service: ConfigService, layers: LayerService
    ) -> None:
        """A patch of a composed config that takes its name from a layer gives the own content no name."""
        layers.write(put("base", deviceName="Base"))
        created = service.create(mac(1), content(a=1))
        patched = service.edit(created.id, Merge(MergePatch.parse('{"b": 1}')))
        layers.write(DeleteLayer("base"))

        assert (None, "Base") == (patched.content.device_name, patched.device_name)
        assert service.get(created.id).device_name is None

    def test_a_change_of_tags_serves_what_other_layers_make(
        self,
        store: Store,
        service: ConfigService,
        layers: LayerService,
        tags: TagService,
        queue: NotificationQueue,
    ) -> None:
        """And announces it; a change of the note alone does not."""
        layers.write(put("floor", FLOOR, 5, b=1))
        service.create(mac(1), content(a=1))
        drain(queue)
        tags.edit(mac(1), LabelEdit(add=["floor-3"]))
        assert ('{"b": 1,"a": 1}', [str(mac(1))]) == (text_of(store, 1), drain(queue))
        tags.edit(mac(1), LabelEdit(note="by the door"))
        tags.edit(mac(1), LabelEdit(add=["attic"]))
        assert [] == drain(queue)
        tags.edit(mac(1), LabelEdit(remove=["floor-3"]))

        assert ('{"a": 1}', [str(mac(1))]) == (text_of(store, 1), drain(queue))
        check_history(store, 1)

    def test_tags_come_back_with_a_restored_config(
        self, store: Store, service: ConfigService, layers: LayerService, tags: TagService
    ) -> None:
        """And so do the layers that they select."""
        layers.write(put("floor", FLOOR, 5, b=1))
        created = service.create(mac(1), content(a=1))
        tags.edit(mac(1), LabelEdit(add=["floor-3"]))
        service.delete_device(mac(1))
        assert text_of(store, 1) is None
        service.restore(created.id)

        assert '{"b": 1,"a": 1}' == text_of(store, 1)

    def test_a_board_that_is_adopted_like_another_has_its_layers(
        self, store: Store, service: ConfigService, layers: LayerService, tags: TagService
    ) -> None:
        """From its first document on: there is no other one before."""
        layers.write(put("floor", FLOOR, 5, b=1))
        service.create(mac(1), content(a=1))
        tags.edit(mac(1), LabelEdit(add=["floor-3"]))
        AdoptionService(store, SteppingClock()).adopt_like(mac(2), mac(1))

        document = store.documents.get(mac(2))
        assert document is not None
        assert (1, b'{"b": 1,"a": 1}') == (document.number, document.body)

    def test_the_order_of_layers_decides(
        self, store: Store, service: ConfigService, layers: LayerService, tags: TagService
    ) -> None:
        """The higher rank wins; exchanged ranks serve the devices that both reach."""
        layers.write(put("floor", FLOOR, 5, b=1))
        layers.write(put("lamp", LAMP, 6, b=2))
        service.create(mac(1), content(a=1))
        tags.edit(mac(1), LabelEdit(add=["floor-3", "lamp"]))
        assert '{"b": 2,"a": 1}' == text_of(store, 1)
        layers.write(OrderLayers(["lamp", "floor"]))

        assert '{"b": 1,"a": 1}' == text_of(store, 1)

    def test_layers_do_not_begin_to_reach_a_device_with_nulls(
        self,
        store: Store,
        service: ConfigService,
        layers: LayerService,
        tags: TagService,
        queue: NotificationQueue,
    ) -> None:
        """A null was a value, and would remove members from then on: the edit is refused with the list of devices."""
        for number in (1, 2):
            service.create(mac(number), content('{"a": {"b": null}}'))
        service.create(mac(3), content(a=1))
        drain(queue)
        with pytest.raises(Unprocessable, match="null at /a/b") as refused:
            layers.write(put("base", b=1))
        listed = refused.value.details["refused"]
        assert isinstance(listed, list)
        assert [str(mac(1)), str(mac(2))] == [each["mac_address"] for each in listed]
        assert ([], []) == (list(layers.all()), drain(queue))
        layers.write(put("floor", FLOOR, 5, b=1))
        with pytest.raises(Unprocessable, match="null at /a/b"):
            tags.edit(mac(1), LabelEdit(add=["floor-3"]))

        assert '{"a": {"b": null}}' == text_of(store, 1)
        check_folded(store, 1, 2, 3)

    def test_a_null_of_a_device_that_layers_reach_removes(
        self, store: Store, service: ConfigService, layers: LayerService
    ) -> None:
        """What they set."""
        layers.write(put("base", a={"b": 1, "c": 2}))
        service.create(mac(1), content('{"a": {"b": null}, "d": 1}'))

        assert '{"a": {"c": 2},"d": 1}' == text_of(store, 1)

    def test_a_document_that_is_too_large_is_refused(
        self, store: Store, service: ConfigService, layers: LayerService
    ) -> None:
        """Of an edit of a layer with the device, of a config by itself; nothing is stored."""
        layers.write(put("base", a="x" * 200_000))
        with pytest.raises(IotConfigError, match="larger than"):
            service.create(mac(1), content(b="x" * 100_000))
        service.create(mac(1), content(b="x" * 10_000))
        with pytest.raises(IotConfigError, match="larger than"):
            layers.write(put("base", a="x" * 255_000))

        assert 1 == layers.get("base").revision
        check_folded(store, 1)

    def test_an_import_and_a_patch_are_composed(
        self,
        store: Store,
        service: ConfigService,
        layers: LayerService,
        tags: TagService,
        bulk: BulkService,
        queue: NotificationQueue,
    ) -> None:
        """New and changed entries, those of restored configs too; a document that stays takes no number."""
        layers.write(put("base", b=1, z=0))
        layers.write(put("floor", FLOOR, 5, b=2))
        for number in (1, 2, 3):
            service.create(mac(number), content(a=number))
        tags.edit(mac(2), LabelEdit(add=["floor-3"]))
        entries = [BulkEntry(f"place {n}", mac(n), content(a=n, c=1)) for n in (1, 2, 4)]
        bulk.load(entries, ImportOptions(on_conflict=OnConflict.REPLACE))
        assert '{"b": 2,"z": 0,"a": 2,"c": 1}' == text_of(store, 2)
        check_folded(store, 1, 2, 3, 4)
        drain(queue)
        # The layer says the same already.
        before = [store.documents.get(mac(n)) for n in (1, 4)]
        bulk.patch(
            Selection(mac_addresses=(mac(1), mac(2), mac(4))), MergePatch.parse('{"b": 1}'), BulkOptions()
        )
        check_folded(store, 1, 2, 3, 4)
        assert before == [store.documents.get(mac(n)) for n in (1, 4)]
        assert [str(mac(2))] == drain(queue), "only other bytes are announced"
        again = [BulkEntry(f"place {n}", mac(n), content(a=n, c=1, z=0)) for n in (1, 2)]
        bulk.load(again, ImportOptions(on_conflict=OnConflict.REPLACE))
        assert [str(mac(2))] == drain(queue)
        assert [4, 4] == [service.get_by_mac(mac(n)).revision for n in (1, 2)]
        removed = bulk.load([], ImportOptions(prune=True, allow_empty=True))
        assert removed.change is not None
        assert [None] * 4 == [text_of(store, n) for n in (1, 2, 3, 4)]
        bulk.undo(removed.change, BulkOptions())

        check_folded(store, 1, 2, 3, 4)
        for number in (1, 2, 3, 4):
            check_history(store, number)

    def test_an_edit_that_reaches_many_devices_is_followed_by_a_job(
        self, store: Store, layers: LayerService, queue: NotificationQueue
    ) -> None:
        """In steps, each of which is stored with the progress; other devices stay, and those that changed meanwhile."""
        with store.writing() as work:
            for number in range(AT_ONCE + 1):
                record(work, changes.created(work.counters.lock(mac(number)), content(n=number), step(0)))
        drain(queue)
        written = layers.write(put("base", b=1))
        assert written.served is None
        assert '{"n": 7}' == text_of(store, 7)
        with store.reading() as view:
            begun = view.recompositions.next()
        assert begun is not None
        assert (AT_ONCE + 1, 0, written.change) == (begun.total, 0, begun.change)
        ConfigService(store, SteppingClock()).put(mac(400), content(n=1))
        assert '{"b": 1,"n": 1}' == text_of(store, 400)
        before = store.documents.get(mac(400))
        with store.writing() as work:
            progress = next_step(work, step(5))
        assert progress is not None
        assert (250, 250, mac(249)) == (progress.done, progress.changed, progress.swept_to)
        assert ['{"b": 1,"n": 249}', '{"n": 250}'] == [text_of(store, n) for n in (249, 250)]
        recompose_all(store, SteppingClock())

        with store.reading() as view:
            assert view.recompositions.next() is None
            (finished,) = view.recompositions.find(10)
        assert (AT_ONCE + 1, AT_ONCE) == (finished.done, finished.changed)
        assert finished.finished_at is not None
        assert written.change is not None
        assert [finished] == [*layers.recompositions()] == [layers.recomposition(written.change)]
        assert before == store.documents.get(mac(400))
        assert AT_ONCE + 1 == len(drain(queue))
        check_folded(store, 0, 250, 400, AT_ONCE)

    def test_only_changes_that_a_job_follows_have_a_progress(
        self, store: Store, layers: LayerService
    ) -> None:
        """The change of a few devices, one that there is not, and text that is no id are not found."""
        ConfigService(store, SteppingClock()).put(mac(1), '{"n":1}')
        written = layers.write(put("base", b=1))
        assert (1, []) == (written.served, [*layers.recompositions()])
        for change in (written.change or "", "0" * 16, "not an id"):
            with pytest.raises(RecordNotFound):
                layers.recomposition(change)
        for limit in (0, 1_001):
            with pytest.raises(ValidationFailed):
                layers.recompositions(limit)

    def test_a_dry_run_composes_by_the_offload(self, store: Store) -> None:
        """It is told the size of the texts: large ones must not keep other requests waiting."""
        sizes = list[int]()

        def offload(work: Callable[[], T], size: int) -> T:
            sizes.append(size)
            return work()

        ConfigService(store, SteppingClock()).put(mac(1), '{"n":1}')
        service = LayerService(store, SteppingClock(), offload=offload)
        assert 1 == service.preview(put("base", b=1)).changed
        assert [len('{"n":1}{"b": 1}')] == sizes

    def test_an_edit_of_large_documents_is_followed_by_a_job(
        self, store: Store, layers: LayerService
    ) -> None:
        """Of few devices, too: each transaction composes a bounded number of characters."""
        large = content(text="x" * (CHARACTERS_AT_ONCE // 5))
        with store.writing() as work:
            for number in range(8):
                record(work, changes.created(work.counters.lock(mac(number)), large, step(0)))
        assert layers.write(put("base", b=1)).served is None

        steps = []
        for time in (5, 6):
            with store.writing() as work:
                progress = next_step(work, step(time))
            assert progress is not None
            steps.append((progress.done, progress.changed, progress.finished_at is not None))
        assert [(5, 5, False), (8, 8, True)] == steps
        check_folded(store, *range(8))

    @pytest.mark.parametrize("seed", range(6))
    def test_any_order_of_writes(
        self,
        store: Store,
        service: ConfigService,
        layers: LayerService,
        tags: TagService,
        queue: NotificationQueue,
        seed: int,
    ) -> None:
        """Edits of layers and devices, tags, swaps, deletions and restores: what is served is what is stored, folded.

        Devices lose their content, or are made without it, while layers serve them.
        """
        adoption = AdoptionService(store, SteppingClock())
        chance = random.Random(seed)  # noqa: S311 - a test
        devices = range(6)
        names = {"base": (EVERYTHING, None), "floor": (FLOOR, 5), "lamp": (LAMP, 6)}

        def some_content() -> dict[str, object]:
            return {member: chance.randrange(3) for member in chance.sample("abcd", chance.randrange(1, 4))}

        def some_config() -> int:
            return chance.randrange(1, 9)

        def edit_layer() -> object:
            name = chance.choice(list(names))
            return layers.write(put(name, *names[name], **some_content()))

        writes: list[Callable[[], object]] = [
            edit_layer,
            edit_layer,
            lambda: layers.write(DeleteLayer(chance.choice(list(names)))),
            lambda: service.put(mac(chance.choice(devices)), content(**some_content())),
            lambda: service.put(mac(chance.choice(devices)), content(**some_content())),
            lambda: tags.edit(
                mac(chance.choice(devices)), LabelEdit(add=[chance.choice(["floor-3", "lamp"])])
            ),
            lambda: tags.edit(
                mac(chance.choice(devices)), LabelEdit(remove=[chance.choice(["floor-3", "lamp"])])
            ),
            lambda: service.replace_device(some_config(), mac(chance.choice(devices))),
            lambda: service.delete(some_config()),
            lambda: service.restore(some_config()),
            lambda: service.delete_device(mac(chance.choice(devices))),
            lambda: adoption.add(mac(chance.choice(devices)), Labels(chance.sample(["floor-3", "lamp"], 1))),
        ]
        for _ in range(60):
            before = {n: store.documents.get(mac(n)) for n in devices}
            drain(queue)
            with suppress(IotConfigError):
                chance.choice(writes)()
            after = {n: store.documents.get(mac(n)) for n in devices}
            told = drain(queue)
            for number in devices:
                old, new = before[number], after[number]
                if (old and old.etag) != (new and new.etag):
                    assert str(mac(number)) in told
                    assert old is None or new is None or old.number < new.number
                elif old is not None and new is not None and old.number != new.number:
                    raise AssertionError("a number was taken by the same document")
            check_folded(store, *devices)

    def test_writers_at_the_same_time(
        self, store: Store, service: ConfigService, layers: LayerService, tags: TagService, bulk: BulkService
    ) -> None:
        """Edits of layers race with edits of devices, tags, swaps, deletions, restores and imports: none is made of layers that were just replaced."""
        devices = range(1, 6)
        for number in devices:
            service.create(mac(number), content(n=number, x=0))
        names = {"base": (EVERYTHING, None), "floor": (FLOOR, 5), "lamp": (LAMP, 6)}
        adoption = AdoptionService(store, SteppingClock())

        def layer(chance: random.Random) -> object:
            name = chance.choice(list(names))
            return layers.write(put(name, *names[name], a=chance.randrange(9), b=chance.randrange(9)))

        def device(chance: random.Random) -> object:
            return service.put(mac(chance.choice(devices)), content(n=chance.randrange(9), x=1))

        def tag(chance: random.Random) -> object:
            tag = [chance.choice(["floor-3", "lamp"])]
            edit = LabelEdit(add=tag) if chance.randrange(2) else LabelEdit(remove=tag)
            return tags.edit(mac(chance.choice(devices)), edit)

        def board(chance: random.Random) -> object:
            config = chance.randrange(1, 6)
            acts: list[Callable[[], object]] = [
                lambda: service.replace_device(config, mac(chance.choice(range(1, 9)))),
                lambda: service.delete(config),
                lambda: service.restore(config),
                lambda: service.delete_device(mac(chance.choice(devices))),
                lambda: adoption.add(mac(chance.choice(range(6, 9)))),
            ]
            return chance.choice(acts)()

        def load(chance: random.Random) -> object:
            entries = [BulkEntry(f"place {n}", mac(n), content(n=chance.randrange(9), y=1)) for n in devices]
            return bulk.load(entries, ImportOptions(on_conflict=OnConflict.REPLACE, keep_going=True))

        writers = (layer, layer, device, device, tag, board, load)

        def write(number: int) -> None:
            chance = random.Random(number)  # noqa: S311 - a test
            for _ in range(8):
                with suppress(IotConfigError):
                    writers[number](chance)

        together(len(writers), write)

        check_folded(store, *range(1, 9))
        for number in range(1, 9):
            check_history(store, number)

    @pytest.mark.parametrize("example", composition_examples(), ids=lambda example: example.name)
    def test_worked_examples_of_composition(
        self, store: Store, layers: LayerService, clock: SteppingClock, example: CompositionExample
    ) -> None:
        """A device that the layers of an example reach is served the bytes of its document."""
        reaches = [each.reach for each in example.layers]
        for each, reach in zip(example.layers, reaches, strict=True):
            definition = LayerDefinition(ConfigContent.parse(each.content), reach, each.rank)
            layers.write(PutLayer(each.name, definition))
        words = [tag for reach in reaches for tag in reach.tags]
        model = next((reach.model for reach in reaches if reach.model is not None), None)
        own = None if example.own is None else ConfigContent.parse(example.own)
        if model is not None:
            record_model(store, device_model(model, ModelRules()))
        AdoptionService(store, clock).add(mac(1), Labels(words, model=model), own)

        assert example.document == text_of(store, 1)

    def test_a_document_is_explained(
        self, store: Store, service: ConfigService, layers: LayerService, tags: TagService
    ) -> None:
        """With the source of each value, and what it hides; without layers, all comes from the own content."""
        explanations = ExplanationService(store)
        service.create(mac(1), content(a=1, b=2))
        plain = explanations.document(mac(1))
        assert (1, (), [(OWN, "1"), (OWN, "2")]) == (
            plain.number,
            plain.layers,
            [(each.source.name, each.value) for each in plain.members()],
        )
        layers.write(put("base", b=1, c=3))
        found = explanations.document(str(mac(1)))

        assert (2, 1, True, (UsedLayer("base", 1),)) == (
            found.number,
            found.revision,
            found.is_served,
            found.layers,
        )
        assert text_of(store, 1) == found.content.text
        assert [("/b", OWN, ["1"]), ("/c", "base", []), ("/a", OWN, [])] == [
            (each.pointer, each.source.name, [below.value for below in each.shadows])
            for each in found.members()
        ]
        assert ["/b"] == [each.pointer for each in found.members("/b")]

    def test_what_a_device_was_served_is_made_again(
        self, store: Store, service: ConfigService, layers: LayerService, clock: SteppingClock
    ) -> None:
        """Byte for byte, of the revisions of that time; a device that was served nothing then is not found."""
        explanations = ExplanationService(store)
        served: list[tuple[datetime, bytes | None]] = []

        def remember() -> None:
            document = store.documents.get(mac(1))
            served.append((clock(), None if document is None else document.body))

        remember()
        created = service.create(mac(1), content(a=1))
        for write in (
            lambda: service.update(created.id, content(a=2)),
            lambda: layers.write(put("base", b=1)),
            lambda: layers.write(put("base", b=2)),
            lambda: service.update(created.id, content(a=3)),
            lambda: service.delete(created.id),
            lambda: service.restore(created.id),
            lambda: layers.write(DeleteLayer("base")),
        ):
            remember()
            write()
        remember()

        for moment, body in served:
            if body is None:
                with pytest.raises(RecordNotFound):
                    explanations.document(mac(1), moment)
            else:
                found = explanations.document(mac(1), moment)
                assert (body, True) == (bytes(found.content), found.is_served)
        with pytest.raises(RecordNotFound):
            explanations.document(mac(9))
        with pytest.raises(RecordNotFound):
            explanations.document(mac(9), clock())
