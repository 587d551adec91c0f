"""The job that serves the documents that follow from edits of layers that reach many devices."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

from iotconfig.domain.jobs.restarting import OpenJob, RestartingJob
from iotconfig.entrypoints.settings import Settings

from .backends import backend
from .clock import utc_now


def recomposition_job(settings: Settings) -> RestartingJob:
    """The job that goes through the devices of large edits of layers."""
    return RestartingJob("recomposition", lambda: _open(settings), random.random)


@contextmanager
def _open(settings: Settings) -> Iterator[OpenJob]:
    from iotconfig.domain.layering.recomposition_job import RecompositionJob

    database = backend(settings)
    database.require_existing()
    with closing(database.open()) as persistence:
        lease, wakeup = database.lease_and_wakeup("recomposition")
        with ThreadPoolExecutor(1, "recomposition") as threads:
            job = RecompositionJob(
                persistence.store, lease, utc_now, lambda work: threads.submit(work).result
            )
            with closing(wakeup), closing(job):
                yield OpenJob(job, wakeup)
