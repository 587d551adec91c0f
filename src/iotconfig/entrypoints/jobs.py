"""Background jobs, side by side in the threads of one process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from threading import Event, Thread
from time import monotonic
from typing import Final

from iotconfig.domain.jobs.ports import Wait
from iotconfig.domain.jobs.restarting import RestartingJob

_SLICE: Final = 0.25
"""Seconds after which a wait for a wake-up checks whether the process is to end."""


@contextmanager
def running(jobs: Sequence[RestartingJob]) -> Iterator[None]:
    """Run each job in a thread of its own while the block runs; at its end, finish their steps and close them.

    A job that fails, or hangs, does not hold up the others.
    """
    stop = Event()
    threads = [Thread(target=_run, args=(job, stop), name=f"job-{job.name}") for job in jobs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _run(job: RestartingJob, stop: Event) -> None:
    with closing(job):
        while not stop.is_set():
            _wait(job.run_once(), job, stop)


def _wait(wait: Wait, job: RestartingJob, stop: Event) -> None:
    until = monotonic() + wait.seconds
    while not stop.is_set() and (left := until - monotonic()) > 0:
        if not wait.wakes:
            stop.wait(left)
        elif job.wait_for_wakeup(min(left, _SLICE)):
            return
