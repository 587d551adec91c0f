"""The contract of layers as they are stored: their order, their history, their place in the change log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from iotconfig.domain.announcing.announcement import Kind, Subject
from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.change_notes import ChangeNote, Operation
from iotconfig.domain.configs.change_filter import ChangeFilter
from iotconfig.domain.configs.change_log import ChangeKind
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.layers.layer import Layer
from iotconfig.domain.layers.revisions import LayerHistoryQuery
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import step
from iotconfig.testing.layer_builders import change_of, creation, deletion_of, layer, record_layers, with_rank
from iotconfig.testing.use_cases import UseCases

ODD = '{ "deviceName" : null, "n":[1.10,1E2,-0], "__proto__":{"a":null}, "u":"\u2028 \\u00fc" }\r\n'


def every(store: Store) -> list[Layer]:
    """Return all layers."""
    with store.reading() as view:
        return [*view.layers.all()]


def names(store: Store) -> list[str]:
    """Return the names of all layers, in their order."""
    return [each.name for each in every(store)]


def generation(store: Store) -> int:
    """Return the generation of the layers."""
    with store.reading() as view:
        return view.layers.generation()


class LayersContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    def test_a_layer_is_stored_as_it_is(self, store: Store) -> None:
        """Each part of it, the text of its document to the byte."""
        made = [
            layer("base", text=ODD),
            layer("lamp", model="lamp-2", text='{"deviceName":"Lamp","enableOTA":true}', enabled=False),
            layer("floor-3", 7, tags=["floor-3", "b:c"], not_tags=["x"], text='{"deviceEntityId":"e"}'),
        ]
        change = record_layers(store, *map(creation, made))

        assert made == every(store)
        with store.reading() as view:
            assert made == [view.layers.get(each.name) for each in made]
            assert [ODD] == [each.content.text for each in view.layers.all() if each.name == "base"]
            assert {change} == {each.change for each in view.layers.all()}
            assert view.layers.get("other") is None

    def test_the_order(self, store: Store) -> None:
        """The fleet layer, those of models, those of tags by rank; whatever their names and times."""
        made = [
            layer("a", 1_000_000, tags=["t"]),
            layer("b", 1, tags=["t"], enabled=False),
            layer("c", 999, tags=["s"]),
            layer("d", model="z"),
            layer("e", model="a"),
            layer("f"),
        ]
        for each in made:
            record_layers(store, creation(each))

        assert ["f", "e", "d", "b", "c", "a"] == names(store)
        with store.reading() as view:
            assert [each.summary() for each in every(store)] == [*view.layers.summaries()]
            assert {each.change for each in every(store)} == {each.change for each in view.layers.summaries()}

    def test_layers_exchange_their_ranks(self, store: Store) -> None:
        """In one write, which no moment divides."""
        one, other = layer("one", 1, tags=["a"]), layer("other", 2, tags=["b"])
        record_layers(store, creation(one), creation(other))
        record_layers(store, change_of(one, with_rank(one, 2)), change_of(other, with_rank(other, 1)))

        assert [("other", 1, 2), ("one", 2, 2)] == [(e.name, e.rank, e.revision) for e in every(store)]

    def test_the_generation(self, store: Store) -> None:
        """It is 0 at first, and a higher one after each write."""
        one, other = layer("one"), layer("other", 1, tags=["a"])
        seen = [generation(store)]
        record_layers(store, creation(one), creation(other))
        seen.append(generation(store))
        record_layers(store, deletion_of(one))
        seen.append(generation(store))
        with store.writing() as work:
            work.layers.lock()
            work.layers.record([creation(layer("third", 2, tags=["b"]))], ChangeNote(), step(3))
            seen.append(work.layers.generation())

        assert 0 == seen[0]
        assert seen == sorted(set(seen))
        assert seen[-1] == generation(store)

    def test_what_fails_is_not_stored(self, store: Store) -> None:
        """Neither the layer, nor its revision, nor its row in the log."""
        with pytest.raises(ZeroDivisionError), store.writing() as work:
            work.layers.lock()
            work.layers.record([creation(layer("base"))], ChangeNote(), step(0))
            raise ZeroDivisionError

        assert ([], 0, []) == (every(store), generation(store), list(store.changes_since(0, 9)))
        with store.reading() as view:
            assert view.layers.newest("base") is None

    def test_each_change_writes_one_revision(self, store: Store) -> None:
        """With the layer after it; a deletion has no document."""
        note = ChangeNote("eve", "because\nof it")
        first = layer("floor", 5, tags=["a"], text=ODD)
        record_layers(store, creation(first), note=note)
        second = change_of(first, layer("floor", 9, tags=["b"], not_tags=["c"], enabled=False).definition)
        record_layers(store, second)
        third = deletion_of(second.layer, 2)
        changed = record_layers(store, third, note=note)
        with store.reading() as view:
            layers = view.layers
            found = [layers.revision("floor", number) for number in (1, 2, 3, 4)]
            newest = layers.newest("floor")

        assert [
            creation(first).revision(note, ""),
            second.revision(ChangeNote(), ""),
            third.revision(note, ""),
            None,
        ] == found
        assert newest == found[2]
        assert newest is not None
        assert (None, None, changed) == (newest.content, newest.definition, newest.change)
        assert found[0] is not None
        assert (ODD, first.definition) == (content(ODD).text, found[0].definition)
        assert [] == every(store)

    def test_pages_of_a_history_of_a_layer(self, store: Store) -> None:
        """The newest first, of one layer only; each page begins where the one before ended."""
        made = layer("floor", 1, tags=["a"])
        record_layers(store, creation(made), creation(layer("floor-2", 2, tags=["a"])))
        for rank in range(11, 14):
            change = change_of(made, with_rank(made, rank))
            record_layers(store, change)
            made = change.layer
        with store.reading() as view:
            whole = view.layers.find(LayerHistoryQuery("floor"))
            revisions = [view.layers.revision("floor", number) for number in (4, 3, 2, 1)]
            first = view.layers.find(LayerHistoryQuery("floor", limit=3))
            second = view.layers.find(LayerHistoryQuery("floor", first.next, 3))
            other = view.layers.find(LayerHistoryQuery("other"))

        assert [each and each.summary() for each in revisions] == [*whole]
        assert [[4, 3, 2], [1], []] == [[r.revision for r in page] for page in (first, second, other)]
        assert [2, None, None] == [first.next, second.next, other.next]

    def test_what_a_write_changed(self, store: Store) -> None:
        """The revision before it, and the newest one, of each layer; nothing for another write."""
        one, other = layer("one", 1, tags=["a"]), layer("other", 2, tags=["b"])
        made = record_layers(store, creation(other), creation(one))
        moved = change_of(one, with_rank(one, 3))
        record_layers(store, moved)
        gone = record_layers(store, deletion_of(moved.layer, 2))
        with store.reading() as view:
            first, last = view.layers.of_change(made), view.layers.of_change(gone)
            assert [] == list(view.layers.of_change("0" * 16))

        assert [("one", None, 3), ("other", None, 1)] == [
            (e.revision.name, e.before, e.newest) for e in first
        ]
        assert [(3, 2, 3)] == [(e.revision.revision, e.before and e.before.revision, e.newest) for e in last]
        assert [Operation.DELETE] == [e.revision.operation for e in last]

    def test_each_change_is_in_the_log(
        self, store: Store, queue: NotificationQueue, service: ConfigService
    ) -> None:
        """By the layer's name, among those of configs, and in their order. No device is told of a layer."""
        service.create(mac(1), content())
        note = ChangeNote("eve", "why")
        one, other = layer("one", 1, tags=["a"]), layer("other", 2, tags=["b"])
        pending = len(queue.find(9))
        change = record_layers(store, creation(one), creation(other), note=note)
        service.create(mac(2), content())
        record_layers(store, deletion_of(one))
        rows = store.changes_since(0, 9)

        assert [1, 2, 3, 4, 5] == [row.position for row in rows]
        assert [
            ChangeKind.CONFIG,
            ChangeKind.LAYER,
            ChangeKind.LAYER,
            ChangeKind.CONFIG,
            ChangeKind.LAYER,
        ] == [row.kind for row in rows]
        assert [
            (Subject(Kind.LAYER, "one"), change, Operation.CREATE, 1, "eve", "why", step(0)),
            (Subject(Kind.LAYER, "other"), change, Operation.CREATE, 1, "eve", "why", step(0)),
        ] == [
            (row.subject, row.change, row.operation, row.revision, row.author, row.message, row.created_at)
            for row in rows[1:3]
        ]
        assert (Operation.DELETE, 2) == (rows[4].operation, rows[4].revision)
        assert {Kind.CONFIG} == {n.announcement.subject.kind for n in queue.find(9)}
        assert pending + 1 == len(queue.find(9))

    def test_the_log_is_searched_for_changes_of_layers(self, store: Store, service: ConfigService) -> None:
        """Filters of the write take them; those of devices do not, not even one by tags that are excluded."""
        service.create(mac(1), content())
        change = record_layers(store, creation(layer("one", 1, tags=["a"])), note=ChangeNote("eve"))

        def found(wanted: ChangeFilter) -> list[int]:
            return [
                row.position for row in store.matching_changes(wanted, range(1, 9), 9, newest_first=False)
            ]

        assert [2] == found(ChangeFilter(change=change)) == found(ChangeFilter(author="eve"))
        assert [1, 2] == found(ChangeFilter(operation=Operation.CREATE))
        assert [1] == found(ChangeFilter(tags=["!b"])) == found(ChangeFilter(device=mac(1)))

    def test_writers_of_layers_queue(self, store: Store) -> None:
        """What one of them reads after the lock is what the others have stored: no rank is given twice."""

        def add(number: int) -> None:
            with store.writing() as work:
                work.layers.lock()
                rank = len(work.layers.all()) + 1
                made = layer(f"layer-{number}", rank, tags=["a"])
                work.layers.record([creation(made)], ChangeNote(), step(number))

        with ThreadPoolExecutor(4) as threads:
            assert 12 == len([*threads.map(add, range(12))])

        assert [*range(1, 13)] == [each.rank for each in every(store)]

    def test_two_hundred_layers(self, store: Store) -> None:
        """They are stored by one write, read by one call."""
        made = [layer(f"layer-{n}", n + 1, tags=["a"]) for n in range(200)]
        record_layers(store, *map(creation, made))

        assert made == every(store)
        assert 200 == len(store.changes_since(0, 999))
