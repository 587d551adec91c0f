"""The job that serves the documents that follow from edits of layers, where these reach many devices."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Final

from attrs import define, field

from iotconfig.domain.clock import Clock
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.jobs.ports import Lease, Wait
from iotconfig.domain.layers.recompositions import Recomposition

from .recomposition_steps import PreparedStep, next_step, prepare_step, store_step

log = logging.getLogger(__name__)

_BETWEEN: Final = 0.01
"""Seconds between two steps: other processes try at least every 8 ms whether SQLite lets them write."""
_PAUSE: Final = 1.0
"""Seconds between two looks for a new recomposition."""
_STANDBY: Final = 1.0


Ahead = Callable[[Callable[[], PreparedStep]], Callable[[], PreparedStep]]
"""Begins work that another thread may do, and returns what waits for its result or raises its error."""


def when_asked(work: Callable[[], PreparedStep]) -> Callable[[], PreparedStep]:
    """`Ahead` without a thread: does the work when its result is asked for."""
    return work


@define
class RecompositionJob:
    """Goes through the devices of each recomposition. Any number may run; the lease makes one of them active.

    Each step is one transaction, of the documents and of the progress: a process that is killed loses at most one
    step, which the next one does again. While the database stores a step, the next one is prepared.
    """

    _store: Store
    _lease: Lease
    _clock: Clock
    _ahead: Ahead = when_asked
    _is_failing: bool = field(init=False, default=False)
    _prepared: Callable[[], PreparedStep] | None = field(init=False, default=None)
    """Waits for the step that is being prepared."""

    def run_once(self) -> Wait:
        """Do one step, and return the wait before the next."""
        if not self._lease.hold():
            return Wait(_STANDBY)
        try:
            recomposition = self._step()
        except IotConfigError as error:
            if not self._is_failing:
                log.warning("recomposition: %s", error)
            self._is_failing = True
            return Wait(_STANDBY)
        self._is_failing = False
        return Wait(_PAUSE) if recomposition is None else Wait(_BETWEEN)

    def close(self) -> None:
        """Release the lease, so that the next one takes over at once."""
        self._lease.release()

    def _step(self) -> Recomposition | None:
        """Go on with the oldest recomposition. None where there is none, which takes no transaction to see."""
        with self._store.reading() as view:
            recomposition = view.recompositions.next()
        prepared, self._prepared = self._prepared, None
        if recomposition is None:
            return None
        step = None if prepared is None else prepared()
        if step is None or not step.begins_from(recomposition):
            step = self._prepare(recomposition)
        if step.following is not None:
            self._prepared = self._ahead(partial(self._prepare, step.following))
        with self._store.writing() as work:
            stored = store_step(work, step, self._clock())
        if stored is not None and stored.finished_at is not None:
            log.info(
                "recomposition of change %s: %d devices, %d changed, %d refused",
                stored.change,
                stored.done,
                stored.changed,
                stored.failed,
            )
        return recomposition

    def _prepare(self, recomposition: Recomposition) -> PreparedStep:
        with self._store.reading() as view:
            return prepare_step(view, recomposition)


def recompose_all(store: Store, clock: Clock) -> None:
    """Do all steps of all recompositions at once, where no job does them."""
    while True:
        with store.writing() as work:
            if next_step(work, clock()) is None:
                return
