"""The contract of models as they are stored, and of their place in the change log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve

from iotconfig.domain.announcing.announcement import Kind, Subject
from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.change_notes import UNSIGNED, ChangeNote, Operation
from iotconfig.domain.configs.change_log import ChangeKind
from iotconfig.domain.configs.store import Store
from iotconfig.domain.models.budget import Budget
from iotconfig.domain.models.changes import ModelChange
from iotconfig.domain.models.model import DeviceModel, Mode, ModelRules
from iotconfig.testing.clocks import step

RULES = ModelRules('{ "type" : "object" }', Budget(bytes=3999, integer_min=-(2**63)), Mode.ENFORCE)
ODD = ModelRules('{"title":"é \\u00e9 😀"}', Budget(1, 2, 3, 4, 5, 2**63 - 1), Mode.OFF)


def model(name: str, rules: ModelRules = RULES, revision: int = 1) -> DeviceModel:
    """A model that was stored at the start."""
    return DeviceModel(name, rules, revision, step(0), step(0))


def record_model(
    store: Store, made: DeviceModel, operation: Operation = Operation.CREATE, note: ChangeNote = UNSIGNED
) -> str:
    """Store one change of a model."""
    with store.writing() as work:
        work.models.lock()
        return work.models.record(ModelChange(operation, made), note)


def every(store: Store) -> list[DeviceModel]:
    """All models."""
    with store.reading() as view:
        return list(view.models.all())


class ModelsContract:
    """Fixtures: `store`, `queue`."""

    def test_stored_models_are_read_back(self, store: Store) -> None:
        """Sorted by name, with their schemas verbatim."""
        given = [model("lamp"), model("a-b", ODD), model("a")]
        for each in given:
            record_model(store, each)
        with store.reading() as view:
            assert given[0] == view.models.get("lamp")
            assert view.models.get("lam") is None
            assert (1, 0) == (view.models.last_revision("lamp"), view.models.last_revision("lam"))

        assert [given[2], given[1], given[0]] == every(store)

    def test_changes_of_models(self, store: Store) -> None:
        """The newest is read, also within the unit of work; the revision of a deleted one stays."""
        first = model("lamp")
        record_model(store, first)
        second = first.changed(ODD, step(5))
        with store.writing() as work:
            work.models.lock()
            work.models.record(ModelChange(Operation.UPDATE, second), UNSIGNED)
            assert second == work.models.get("lamp")
        assert [second] == every(store)
        record_model(store, evolve(second, revision=3), Operation.DELETE)

        assert [] == every(store)
        with store.reading() as view:
            assert 3 == view.models.last_revision("lamp")
            assert view.models.get("lamp") is None
        record_model(store, model("lamp", revision=4))
        assert [model("lamp", revision=4)] == every(store)

    def test_a_change_of_a_model_that_fails_is_not_stored(self, store: Store) -> None:
        """Neither the model nor its row in the log."""
        with pytest.raises(ZeroDivisionError), store.writing() as work:
            work.models.lock()
            work.models.record(ModelChange(Operation.CREATE, model("lamp")), UNSIGNED)
            raise ZeroDivisionError

        assert ([], []) == (every(store), list(store.changes_since(0, 9)))

    def test_each_change_of_a_model_is_in_the_log(self, store: Store, queue: NotificationQueue) -> None:
        """By the model's name. No device is told of it."""
        made = model("lamp")
        change = record_model(store, made, note=ChangeNote("eve", "why"))
        record_model(store, evolve(made, revision=2, updated_at=step(1)), Operation.DELETE)
        rows = store.changes_since(0, 9)

        assert [
            (1, Subject(Kind.MODEL, "lamp"), Operation.CREATE, 1, "eve", "why", step(0)),
            (2, Subject(Kind.MODEL, "lamp"), Operation.DELETE, 2, "anonymous", None, step(1)),
        ] == [
            (row.position, row.subject, row.operation, row.revision, row.author, row.message, row.created_at)
            for row in rows
        ]
        assert (change, {ChangeKind.MODEL}) == (rows[0].change, {row.kind for row in rows})
        assert [] == list(queue.find(9))

    def test_writers_of_models_queue(self, store: Store) -> None:
        """What one of them reads after the lock is what the others have stored."""

        def add(number: int) -> None:
            with store.writing() as work:
                work.models.lock()
                made = model(f"model-{len(work.models.all())}")
                work.models.record(ModelChange(Operation.CREATE, made), UNSIGNED)

        with ThreadPoolExecutor(4) as threads:
            assert 8 == len([*threads.map(add, range(8))])

        assert [f"model-{number}" for number in range(8)] == [each.name for each in every(store)]
