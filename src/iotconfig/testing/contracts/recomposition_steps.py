"""The contract of a recomposition's steps: what happens between the preparation of one and its transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs import changes
from iotconfig.domain.configs.labels import LabelEdit
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.layering.recomposing import AT_ONCE
from iotconfig.domain.layering.recomposition_job import RecompositionJob
from iotconfig.domain.layering.recomposition_steps import PreparedStep, prepare_step, store_step
from iotconfig.domain.layering.service import LayerService
from iotconfig.domain.layers.recompositions import Recomposition
from iotconfig.testing.builders import content, mac, record
from iotconfig.testing.clocks import SteppingClock, step
from iotconfig.testing.use_cases import UseCases

from .layered_documents import FLOOR, check_folded, check_history, drain, put, text_of

CHANGED: Final = 7
"""The device that is changed between the two."""

Writer = Callable[[Store], None]


def _replaces_the_content(store: Store) -> None:
    ConfigService(store, SteppingClock()).put(mac(CHANGED), '{"own":1}')


def _deletes_the_config(store: Store) -> None:
    service = ConfigService(store, SteppingClock())
    service.delete(service.get_by_mac(mac(CHANGED)).id)


def _replaces_the_board(store: Store) -> None:
    service = ConfigService(store, SteppingClock())
    service.replace_device(service.get_by_mac(mac(CHANGED)).id, mac(5_000))


def _adds_a_tag(store: Store) -> None:
    TagService(store, SteppingClock()).edit(mac(CHANGED), LabelEdit(add=["floor-3"]))


def _adds_a_tag_and_removes_it(store: Store) -> None:
    _adds_a_tag(store)
    TagService(store, SteppingClock()).edit(mac(CHANGED), LabelEdit(remove=["floor-3"]))


def _writes_another_layer(store: Store) -> None:
    LayerService(store, SteppingClock()).write(put("other", FLOOR, 9, c=1))


WRITERS: Final[tuple[Writer, ...]] = (
    _replaces_the_content,
    _deletes_the_config,
    _replaces_the_board,
    _adds_a_tag,
    _adds_a_tag_and_removes_it,
    _writes_another_layer,
)


class AlwaysHeld:
    """A lease that nobody else asks for."""

    def hold(self) -> bool:
        return True

    def release(self) -> None:
        return None


class RecompositionStepsContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    @pytest.fixture
    def begun(self, store: Store, queue: NotificationQueue) -> Recomposition:
        """A recomposition of more devices than an edit serves itself. The first three steps have 250, 250 and one."""
        layers = LayerService(store, SteppingClock())
        layers.write(put("floor", FLOOR, 5, floor=3))
        with store.writing() as work:
            for number in range(AT_ONCE + 1):
                record(work, changes.created(work.counters.lock(mac(number)), content(n=number), step(0)))
        drain(queue)
        layers.write(put("base", b=1))
        with store.reading() as view:
            found = view.recompositions.next()
        assert found is not None
        return found

    @staticmethod
    def prepared(store: Store, recomposition: Recomposition) -> PreparedStep:
        """The next step, prepared."""
        with store.reading() as view:
            return prepare_step(view, recomposition)

    @pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.__name__[1:])
    def test_what_changed_since_it_was_prepared_is_composed_again(
        self, store: Store, begun: Recomposition, writer: Writer
    ) -> None:
        """Each device gets the document that its content, its tags and the layers make by then, with the next number."""
        prepared = self.prepared(store, begun)
        writer(store)
        with store.writing() as work:
            stored = store_step(work, prepared, step(9))

        assert stored is not None
        assert (250, mac(249)) == (stored.done, stored.swept_to)
        check_folded(store, *range(20), 248, 249)
        for number in (CHANGED - 1, CHANGED, CHANGED + 1):
            check_history(store, number)
        assert '{"n": 250}' == text_of(store, 250)

    def test_a_step_is_stored_once(self, store: Store, begun: Recomposition) -> None:
        """Another process may have gone on: then nothing is done."""
        prepared = self.prepared(store, begun)
        with store.writing() as work:
            assert store_step(work, prepared, step(9)) is not None
        before = store.newest_position()
        with store.writing() as work:
            assert store_step(work, prepared, step(9)) is None
        assert before == store.newest_position()

    def test_the_next_step_is_prepared_while_one_is_stored(self, store: Store, begun: Recomposition) -> None:
        """Each is prepared once, in order; the last one has none after it."""
        ahead = list[str]()

        def when_begun(work: Callable[[], PreparedStep]) -> Callable[[], PreparedStep]:
            prepared = work()
            ahead.append(str(prepared.begun.swept_to))
            return lambda: prepared

        job = RecompositionJob(store, AlwaysHeld(), SteppingClock(), when_begun)
        for _ in range(4):
            job.run_once()

        assert [str(mac(249)), str(mac(499))] == ahead
        with store.reading() as view:
            (finished,) = view.recompositions.find(1)
        assert (AT_ONCE + 1, AT_ONCE + 1, 0) == (finished.done, finished.changed, finished.failed)
        assert finished.finished_at is not None
        check_folded(store, 0, 249, 250, 499, AT_ONCE)
        assert begun.change == finished.change
