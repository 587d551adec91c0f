"""A job that is created again after a failure."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from time import monotonic
from typing import Final

from attrs import define, field, frozen

from iotconfig.domain.errors import IotConfigError

from .ports import Job, Wait, Wakeup

log = logging.getLogger(__name__)

_FIRST: Final = 0.5
_LONGEST: Final = 30.0
_STABLE: Final = 60.0
"""Seconds without a failure after which the next one counts as the first."""


@frozen
class OpenJob:
    """A job that is ready to run, and its wake-up."""

    job: Job
    wakeup: Wakeup


@define
class RestartingJob:
    """One job of the leader. A failure is logged, and the job is opened again after a back-off of its own."""

    name: str
    _open: Callable[[], AbstractContextManager[OpenJob]]
    """Opens the job with everything that it uses; closing the context closes all of it."""
    _jitter: Callable[[], float]
    """Uniform in [0, 1)."""
    _monotonic: Callable[[], float] = monotonic
    _opened: OpenJob | None = field(init=False, default=None)
    _resources: ExitStack = field(init=False, factory=ExitStack)
    _failures: int = field(init=False, default=0)
    _failed_at: float = field(init=False, default=0.0)
    _postponed: Wait | None = field(init=False, default=None)
    """The wait before the next step after a wake-up that failed."""

    def open(self) -> None:
        """Open the job now. Raises an `IotConfigError` where that is refused."""
        if self._opened is None:
            self._opened = self._resources.enter_context(self._open())

    def run_once(self) -> Wait:
        """Run one step and return the wait before the next one. Raises nothing."""
        if self._postponed is not None:
            wait, self._postponed = self._postponed, None
            return wait
        try:
            self.open()
            assert self._opened is not None  # noqa: S101 - `open` made it
            return self._opened.job.run_once()
        except IotConfigError as error:
            log.error("%s: %s", self.name, error)  # noqa: TRY400 - a refusal with a reason, not a defect
        except Exception:
            log.exception("%s: the job failed and is started again", self.name)
        return self._back_off()

    def wait_for_wakeup(self, seconds: float) -> bool:
        """Wait for up to `seconds`, as `Wakeup.wait` does; for a job that asked for it. Raises nothing."""
        try:
            return self._opened is None or self._opened.wakeup.wait(seconds)
        except Exception:
            log.exception("%s: the wait for a wake-up failed, and the job is started again", self.name)
        self._postponed = self._back_off()
        return True

    def close(self) -> None:
        """Close the job. A failure to close is logged."""
        self._opened = None
        try:
            self._resources.close()
        except Exception:
            log.exception("%s: the job failed to close", self.name)

    def _back_off(self) -> Wait:
        """The wait after a failure: half to all of a delay that doubles with each one in a row."""
        self.close()
        now = self._monotonic()
        if now - self._failed_at > _STABLE:
            self._failures = 0
        self._failed_at = now
        delay = min(_FIRST * 2 ** min(self._failures, 10), _LONGEST)
        self._failures += 1
        return Wait(delay * (0.5 + self._jitter() / 2))
